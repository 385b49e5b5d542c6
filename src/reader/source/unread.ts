/** What a trace holds that commands do not look at: how often, by its name. */
export type Unread = Readonly<Record<string, number>>;

/** The same for a person; undefined where all was read. */
export function describeUnread(unread: Unread): string | undefined {
  const kinds = Object.entries(unread).map(([name, times]) => `${times} × ${name}`);
  return kinds.length === 0 ? undefined : `Not read: ${kinds.join(', ')}.`;
}
