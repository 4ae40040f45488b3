/** The law of `laws/request-facts.ts`, put to the driver. */
import { describe, expect, test } from "vitest";
import { requestFactsLaw, requestsTold, UPGRADE_FIELDS } from "../laws/request-facts.ts";

describe("a request that the server takes", () => {
  test("tells the same facts, without throwing, in its hook and while its connection lasts", async () => {
    const reached = await requestFactsLaw();
    expect([...reached].sort()).toEqual(["PlainRequest", "UpgradeRequest", "socket"]);
  });

  test("with an absolute target and an empty Host field has the host of its target", async () => {
    const fields = UPGRADE_FIELDS.join("\r\n");
    const head = `GET http://any.example/chat HTTP/1.1\r\nHost:\r\n${fields}\r\n\r\n`;
    const { stage } = await requestsTold(head, false);
    const [socket] = stage.server.sockets;
    expect(socket!.request!.url.href).toBe("http://any.example/chat");
    expect(socket!.request!.host).toBe("any.example");
  });
});
