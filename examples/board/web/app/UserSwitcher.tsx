import { users } from "../../src/users.ts";
import { addressOf } from "./userAddress.ts";

export function UserSwitcher({ userId }: { readonly userId: string }) {
  return (
    <label className="user-switcher">
      <span>You are</span>
      <select
        value={userId}
        onChange={(event) => location.assign(addressOf(event.currentTarget.value))}
      >
        {users.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}
