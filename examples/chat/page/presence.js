// Who is here, and which rooms there are: what the server told at first, and what has changed since.

/** Takes what has changed of the people. In the order of their names. */
export function changePeople(people, changed) {
  const byName = new Map(people.map((person) => [person.name, person]));
  for (const person of changed) {
    if (person.connections === 0) byName.delete(person.name);
    else byName.set(person.name, person);
  }
  return [...byName.values()].sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Takes what has changed of the rooms. Each keeps its place; new ones come behind. */
export function changeRooms(rooms, changed) {
  const byName = new Map(rooms.map((room) => [room.name, room]));
  for (const room of changed) {
    if (room.people === null) byName.delete(room.name);
    else byName.set(room.name, room);
  }
  return [...byName.values()];
}
