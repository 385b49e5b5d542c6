/**
 * Clients of databases and queues, installed from npm, each against the real server. `npm run test:clients`
 * runs this; `npm test` needs no network and no server.
 */
import './databases.js';
import './flows.js';
import './kafka.js';
import './listeners.js';
import './opentelemetry.js';
import './queues.js';
import './requests.js';
import './websockets.js';
