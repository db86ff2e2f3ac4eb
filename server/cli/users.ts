/** The commands about users. */
import { setDisabled } from "../accounts/disable.ts";
import { OPERATOR } from "../requester.ts";
import { type Command, Refused } from "./command.ts";

const change = (disabled: boolean): Command["run"] =>
  async function changeUser(parts, login) {
    if (!(await setDisabled(parts, login, disabled, OPERATOR)))
      throw new Refused(`unknown user ${login}`);
    console.log(`${disabled ? "disabled" : "enabled"} ${login}`);
  };

export const USER_COMMANDS: readonly Command[] = [
  {
    name: "users disable",
    usage: "users disable LOGIN",
    help: "Disables an account, by email or username: at once, with all its tokens.",
    takesArgument: true,
    run: change(true),
  },
  {
    name: "users enable",
    usage: "users enable LOGIN",
    help: "Enables it again. Its sessions from before are ended.",
    takesArgument: true,
    run: change(false),
  },
];
