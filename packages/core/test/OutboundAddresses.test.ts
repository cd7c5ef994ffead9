import { assert, describe, it } from "@effect/vitest"
import * as OutboundAddresses from "@wicara/core/OutboundAddresses"
import { Option, Schema } from "effect"

const parse = Schema.decodeSync(OutboundAddresses.OutboundAddresses)
const decode = Schema.decodeOption(OutboundAddresses.OutboundAddresses)

describe("OutboundAddresses", () => {
  it("are those of the public internet alone, in every spelling", () => {
    const { hasAddress } = OutboundAddresses.publicOnly
    for (const address of ["8.8.8.8", "172.15.0.1", "172.32.0.1", "100.63.0.1", "2606:4700::1111"]) {
      assert.isTrue(hasAddress(address), address)
    }
    for (
      const address of [
        "127.0.0.1",
        "127.255.255.254",
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.7",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:7f00:1",
        "64:ff9b::a00:1",
        "fd00::1",
        "fe80::1",
        "ff02::1",
        "2002:a00:1::",
        "localhost",
        ""
      ]
    ) {
      assert.isFalse(hasAddress(address), address)
    }
  })

  it("are those and what the operator names", () => {
    const { hasAddress, hasHost } = parse("10.2.0.0/16, 192.168.0.7, waha, *.Internal.example")
    assert.deepStrictEqual(
      ["10.2.3.4", "10.3.0.1", "192.168.0.7", "192.168.0.8", "8.8.8.8"].map(hasAddress),
      [true, false, true, false, true]
    )
    assert.deepStrictEqual(
      ["waha", "WAHA.", "evilwaha", "a.b.internal.example", "internal.example", "xinternal.example"].map(hasHost),
      [true, true, false, true, false, false]
    )
    assert.isTrue(parse("loopback").hasAddress("127.0.0.1"))
    assert.isTrue(parse("private").hasAddress("10.0.0.1"))
    assert.isFalse(parse("private").hasAddress("0.0.0.0"))
    assert.isTrue(parse("all").hasAddress("0.0.0.0"))
    assert.isFalse(parse("none").hasAddress("10.0.0.1"))
  })

  it("are refused where they mean nothing", () => {
    for (
      const text of ["10.0.0.0/33", "10.0.0", "2130706433", "http://waha", "waha:3000", "*", "a..b", "-x", "*.*.x"]
    ) {
      assert.isTrue(Option.isNone(decode(text)), text)
    }
  })

  it("judge a URL as far as it shows", () => {
    const allows = (url: string, text = "none") => OutboundAddresses.allows(parse(text), new URL(url))
    for (const url of ["https://api.openai.com/v1", "http://8.8.8.8/v1", "https://[2606:4700::1111]/"]) {
      assert.isTrue(allows(url), url)
    }
    for (
      const url of [
        "ftp://example.com/",
        "http://localhost/",
        "http://intranet/",
        "http://printer.local/",
        "http://2130706433/",
        "http://0x7f.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://169.254.169.254/latest"
      ]
    ) {
      assert.isFalse(allows(url), url)
    }
    assert.isTrue(allows("http://waha:3000/api", "waha"))
    assert.isTrue(allows("http://127.0.0.1:11434/v1", "loopback"))
  })
})
