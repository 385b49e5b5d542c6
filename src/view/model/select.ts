/**
 * The value of a rank, from 1, among others. Puts the values in another order: sorting them all would
 * take ten times as long.
 */
export function valueOfRankAmong(values: Float64Array, rank: number): number {
  const wanted = rank - 1;
  let [low, high] = [0, values.length - 1];
  while (low < high) {
    const pivot = middle(values[low], values[(low + high) >>> 1], values[high]);
    let [left, right] = [low, high];
    while (left <= right) {
      while (values[left] < pivot) left++;
      while (values[right] > pivot) right--;
      if (left > right) break;
      const value = values[left];
      values[left++] = values[right];
      values[right--] = value;
    }
    if (wanted <= right) high = right;
    else if (wanted >= left) low = left;
    else break;
  }
  return values[wanted];
}

function middle(a: number, b: number, c: number): number {
  return Math.max(Math.min(a, b), Math.min(Math.max(a, b), c));
}
