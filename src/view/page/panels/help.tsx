import { useEffect, useRef } from 'preact/hooks';
import { COMMANDS } from '../input/keys.js';
import type { Session } from '../session.js';

/** What keys and mouse do. */
export function Help({ session }: { session: Session }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const close = () => {
    session.isHelpOpen = false;
    session.render();
  };
  return (
    <dialog class="help" ref={dialog} onClose={close} aria-label="Keys and mouse">
      <form method="dialog">
        <h2>Keys and mouse</h2>
        <button type="submit">Close</button>
      </form>
      <table>
        <tbody>
          {COMMANDS.map(({ keys, says }) => (
            <tr key={keys}>
              <th scope="row">{keys}</th>
              <td>{says}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </dialog>
  );
}
