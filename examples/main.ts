/**
 *     npm run example                 # compress.ts
 *     npm run example -- server       # server.ts
 *
 * A folder of the name `server` is compressed by `npm run example -- ./server`.
 */
if (process.argv[2] === 'server') await import('./server.js');
else await import('./compress.js');
