/** What one screen hands over to the next: it is neither in the URL nor stored. */
import { shallowReactive } from "vue";

/** What has been typed as the name of an account, and what the log-in page says has happened. */
export const handOver = shallowReactive({ name: "", message: (): string => "" });

/** The name, if it is an email address. */
export const typedEmail = (): string => (handOver.name.includes("@") ? handOver.name : "");
