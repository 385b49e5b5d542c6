export default function Page() {
  return <p>tracelane</p>;
}
