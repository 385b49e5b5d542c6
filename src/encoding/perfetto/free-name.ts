/**
 * The name under which a point of a flow says something among the arguments of its slice: that of its flow, or
 * one like it if that is taken. Of two arguments of one name readers keep one.
 *
 * @param taken Gets the name, too.
 */
export function freeName(name: string, taken: Set<string>): string {
  let free = name;
  for (let tried = 1; taken.has(free); tried++) {
    free = tried === 1 ? `${name} (flow)` : `${name} (flow ${tried})`;
  }
  taken.add(free);
  return free;
}
