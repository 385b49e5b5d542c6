import { record } from '../../record.js';

export const dynamic = 'force-dynamic';

/** By a request: a build runs modules, too. */
export function GET() {
  return new Response(`written by ${record(process.env.TRACE_FILE)}`);
}
