// The people and the rooms: the server's first report, and the changes since then.

/** Takes the changes of the people. The list is in the order of the names. */
export function changePeople(people, changed) {
  const byName = new Map(people.map((person) => [person.name, person]));
  for (const person of changed) {
    if (person.connections === 0) byName.delete(person.name);
    else byName.set(person.name, person);
  }
  return [...byName.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Takes the changes of the rooms. Each room keeps its place, and new rooms come last. */
export function changeRooms(rooms, changed) {
  const byName = new Map(rooms.map((room) => [room.name, room]));
  for (const room of changed) {
    if (room.people === null) byName.delete(room.name);
    else byName.set(room.name, room);
  }
  return [...byName.values()];
}
