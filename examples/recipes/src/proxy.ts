/** A client behind an HTTP proxy. The usual variables name the proxy: https_proxy, http_proxy and no_proxy. */
import { ConnectError, connect, type Socket } from "@sansocket/node";

type Environment = Readonly<Record<string, string | undefined>>;

export async function connectByEnvironment(
  url: string,
  environment: Environment = process.env,
): Promise<Socket<undefined>> {
  const proxy = proxyFor(new URL(url), environment);
  if (proxy === undefined) return await connect(url);
  try {
    return await connect(url, { proxy }); // "http://user:password@proxy.example:3128"
  } catch (error) {
    if (error instanceof ConnectError && error.code === "proxy-refused" && error.status === 407) {
      throw new Error("the proxy does not know this user and password", { cause: error });
    }
    throw error;
  }
}

function proxyFor({ protocol, hostname }: URL, environment: Environment): string | undefined {
  const get = (name: string) => environment[name] ?? environment[name.toUpperCase()];
  const exempt = (get("no_proxy") ?? "").split(",").map((host) => host.trim());
  const isExempt = exempt.some(
    (host) => host === "*" || host === hostname || (host !== "" && hostname.endsWith(`.${host}`)),
  );
  return isExempt ? undefined : get(protocol === "wss:" ? "https_proxy" : "http_proxy");
}
