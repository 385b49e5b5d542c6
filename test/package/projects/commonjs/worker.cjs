const { getGlobalTracer } = require('tracelane');

getGlobalTracer().trace('in the worker', () => {});
