import { record } from './record.js';

console.log(`written by ${record(process.argv[2])}`);
