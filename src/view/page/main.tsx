import { render } from 'preact';
import type { PageDoor } from '../wire/page-door.js';
import type { TraceClient } from '../wire/questions.js';
import { follow } from './asking/growth.js';
import { Session } from './session.js';
import { Shell } from './shell.js';
import { preferredTheme, showTheme } from './theme/inks.js';
import { visible } from './time/words.js';
import { keepLink } from './url/keep-link.js';
import { Waiting } from './waiting.js';

declare global {
  var tracelanePage: PageDoor | undefined;
}

const root = document.getElementById('tracelane') ?? document.body;
let isOpen = false;

async function open(client: TraceClient): Promise<void> {
  try {
    const facts = await client.ask<'trace'>({ ask: 'trace' });
    const session = new Session(client, facts);
    isOpen = true;
    document.title = `${visible(facts.name)} – tracelane`;
    keepLink(session);
    show(<Shell session={session} />);
    session.render();
    if (facts.growing) follow(session);
  } catch (error) {
    fail(error instanceof Error ? error.message : String(error));
  }
}

function progress(read: number, size: number | undefined): void {
  if (!isOpen) show(<Waiting read={read} size={size} />);
}

function fail(message: string): void {
  show(<Waiting problem={message} />);
}

function show(page: preact.ComponentChild): void {
  root.classList.add('page');
  render(page, root);
}

root.replaceChildren();
showTheme(preferredTheme());
progress(0, undefined);
globalThis.tracelanePage = { open: (client) => void open(client), progress, fail };
