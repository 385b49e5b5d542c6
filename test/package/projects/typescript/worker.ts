import { getGlobalTracer } from 'tracelane';

getGlobalTracer().trace('in the worker', (span) => span.id);
