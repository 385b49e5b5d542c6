export const PERFETTO = 'https://ui.perfetto.dev';

/**
 * A page that opens the Perfetto UI and hands it the trace by postMessage, in the way that the UI
 * documents for other sites. It has a button because browsers let a page open a window only on a
 * click.
 */
export function handOverPage(trace: string, title: string, nonce: string): string {
  // The name of a file may hold anything, </script> for instance.
  const literal = (value: string) => JSON.stringify(value).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>tracelane</title>
<style nonce="${nonce}">
  body { font: 16px system-ui, sans-serif; max-width: 36rem; margin: 20vh auto; padding: 0 1rem; }
  button { font: inherit; padding: 0.5rem 1rem; }
</style>
<p>This page hands the trace to the Perfetto UI, in this browser: it is not uploaded.</p>
<p><button id="open">Open in the Perfetto UI</button></p>
<p id="state" role="status"></p>
<script nonce="${nonce}">
  const PERFETTO = ${literal(PERFETTO)};
  const title = ${literal(title)};
  const state = document.getElementById('state');
  document.getElementById('open').addEventListener('click', async () => {
    const ui = window.open(PERFETTO);
    if (ui === null) {
      state.textContent = 'The browser has not opened a window: allow pop-ups for this page.';
      return;
    }
    try {
      state.textContent = 'Reading the trace …';
      const response = await fetch(${literal(trace)});
      if (!response.ok) throw new Error('the server answers ' + response.status);
      const buffer = await response.arrayBuffer();
      state.textContent = 'Waiting for the Perfetto UI …';
      // The UI answers once it is loaded. Before that, a message is lost: ask again and again.
      const asking = setInterval(() => ui.postMessage('PING', PERFETTO), 50);
      window.addEventListener('message', function onMessage({ origin, data }) {
        if (origin !== PERFETTO || data !== 'PONG') return;
        clearInterval(asking);
        window.removeEventListener('message', onMessage);
        ui.postMessage({ perfetto: { buffer, title, fileName: title } }, PERFETTO);
        state.textContent = 'Done. This page can be closed.';
      });
    } catch (error) {
      state.textContent = 'The trace cannot be read: ' + error.message;
    }
  });
</script>
</html>
`;
}
