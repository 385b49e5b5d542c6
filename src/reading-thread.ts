import { parentPort, workerData } from 'node:worker_threads';
import { handOver, type ReadingData } from './reader/ahead/hand-over.js';

// The thread that reads a trace ahead of the one that works on it.
await handOver(workerData as ReadingData, (message) => parentPort?.postMessage(message));
