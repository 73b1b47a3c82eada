// Names of namespaces across the network: what is understood, how it is written, and how the rest is refused.
#include "src/nvme/fabrics/remote_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace zonecopy::nvme::fabrics {
namespace {

const std::string nqn = "nqn.2026-01.org.example:disk";

RemoteName on_host(const std::string& host, std::uint16_t port = 4420) {
  RemoteName name;
  name.host = host;
  name.port = port;
  name.subsystem_nqn = nqn;
  return name;
}

RemoteName with_all_keys() {
  RemoteName name = on_host("example.org", 1);
  name.nsid = 7;
  name.host_nqn = "nqn.2026-01.org.example:host";
  name.host_id = Uuid{0xf8, 0x1d, 0x4f, 0xae, 0x7d, 0xec, 0x11, 0xd0, 0xa7, 0x65, 0x00, 0xa0, 0xc9, 0x1e, 0x6b, 0xf6};
  name.secret_path = "/etc/key";
  name.controller_secret_path = "/etc/its key";
  name.header_digest = true;
  name.data_digest = true;
  name.queue_depth = 32;
  name.reconnect_seconds = 0;
  name.keep_alive_seconds = 5;
  return name;
}

const std::string all_keys =
    "?nsid=7&hostnqn=nqn.2026-01.org.example:host&hostid=f81d4fae-7dec-11d0-a765-00a0c91e6bf6&secret=/etc/key"
    "&ctrl-secret=/etc/its%20key&header-digest=on&data-digest=on&queue-depth=32&reconnect=0&keep-alive=5";

TEST(RemoteName, WhatIsUnderstood) {
  RemoteName other_nqn = on_host("h");
  other_nqn.subsystem_nqn = "100% a/b?c&d#e,f";
  RemoteName digest = on_host("h");
  digest.data_digest = true;
  struct Row {
    std::string text;
    RemoteName name;
    std::string canonical;
  };
  const std::vector<Row> rows = {
      {"nvme-tcp://h/" + nqn, on_host("h"), "nvme-tcp://h:4420/" + nqn},
      {"nvme-tcp://127.0.0.1:65535/" + nqn, on_host("127.0.0.1", 65535), "nvme-tcp://127.0.0.1:65535/" + nqn},
      {"nvme-tcp://[::1]/" + nqn, on_host("::1"), "nvme-tcp://[::1]:4420/" + nqn},
      {"nvme-tcp://[fe80::1%25eth0]:9/" + nqn, on_host("fe80::1%eth0", 9), "nvme-tcp://[fe80::1%25eth0]:9/" + nqn},
      {"nvme-tcp://host_a.lab-3:4420/" + nqn, on_host("host_a.lab-3"), "nvme-tcp://host_a.lab-3:4420/" + nqn},
      {"nvme-tcp://h/100%25%20a/b%3fc&d%23e,f", other_nqn, "nvme-tcp://h:4420/100%25%20a/b%3Fc%26d%23e%2Cf"},
      {"nvme-tcp://example.org:1/" + nqn + all_keys, with_all_keys(), "nvme-tcp://example.org:1/" + nqn + all_keys},
      {"nvme-tcp://h/" + nqn + "?data-digest", digest, "nvme-tcp://h:4420/" + nqn + "?data-digest=on"},
      {"nvme-tcp://h/" + nqn + "?header-digest=off&data-digest=on", digest,
       "nvme-tcp://h:4420/" + nqn + "?data-digest=on"},
      {"nvme-tcp://h/" + nqn + "?queue-depth=128&reconnect=30&keep-alive=15", on_host("h"), "nvme-tcp://h:4420/" + nqn},
  };
  for (const Row& row : rows) {
    const Result<RemoteName> name = parse_remote_name(row.text);
    ASSERT_TRUE(name.ok()) << row.text << ": " << name.error().to_string();
    EXPECT_EQ(*name, row.name) << row.text;
    EXPECT_EQ(to_string(*name), row.canonical);
    const Result<RemoteName> again = parse_remote_name(row.canonical);
    ASSERT_TRUE(again.ok()) << row.canonical << ": " << again.error().to_string();
    EXPECT_EQ(*again, row.name);
  }
}

TEST(RemoteName, WhatIsRefused) {
  const std::string name = "nvme-tcp://h/" + nqn;
  struct Row {
    std::string text;
    std::string why;
  };
  const std::vector<Row> rows = {
      {"/dev/nvme0n1", "does not begin with nvme-tcp://"},
      {"nvme-tcp:h", "does not begin with nvme-tcp://"},
      {"nvme-tcp://", "no host"},
      {"nvme-tcp:///" + nqn, "no host"},
      {"nvme-tcp://:4420/" + nqn, "no host"},
      {"nvme-tcp://h", "no NQN"},
      {"nvme-tcp://h/", "no NQN"},
      {"nvme-tcp://h/?nsid=1", "no NQN"},
      {"nvme-tcp://user@h/" + nqn, "'user@h' is neither"},
      {"nvme-tcp://a b/" + nqn, "'a b' is neither"},
      {"nvme-tcp://-h/" + nqn, "'-h' is neither"},
      {"nvme-tcp://h:/" + nqn, "'' is no port"},
      {"nvme-tcp://h:0/" + nqn, "'0' is no port"},
      {"nvme-tcp://h:65536/" + nqn, "'65536' is no port"},
      {"nvme-tcp://h:44x/" + nqn, "'44x' is no port"},
      {"nvme-tcp://::1/" + nqn, "in brackets"},
      {"nvme-tcp://[::1/" + nqn, "no ']'"},
      {"nvme-tcp://[h]/" + nqn, "'h' is no IPv6 address"},
      {"nvme-tcp://[::1%25]/" + nqn, "is no IPv6 address"},
      {"nvme-tcp://[::1]4420/" + nqn, "only a colon"},
      {"nvme-tcp://h/nqn%2", "no two hexadecimal digits"},
      {"nvme-tcp://h/nqn%zz", "no two hexadecimal digits"},
      {"nvme-tcp://h/nqn%0a", "control character"},
      {"nvme-tcp://h/" + std::string(224, 'n'), "224 bytes"},
      {"nvme-tcp://h/nqn.2014-08.org.nvmexpress.discovery", "discovery subsystem"},
      {name + "#x", "%23"},
      {name + "?", "no key ''"},
      {name + "?nsid=1&", "no key ''"},
      {name + "?nsId=1", "no key 'nsId': the keys are nsid, hostnqn, hostid, secret, ctrl-secret, header-digest"},
      {name + "?nsid=1&nsid=1", "nsid= is in it twice"},
      {name + "?nsid", "'nsid' cannot be: nsid= takes the number"},
      {name + "?nsid=", "'nsid=' cannot be"},
      {name + "?nsid=0", "'nsid=0' cannot be"},
      {name + "?nsid=-1", "'nsid=-1' cannot be"},
      {name + "?nsid=4294967295", "cannot be"},
      {name + "?nsid=4294967297", "cannot be"},
      {name + "?nsid=0x1", "cannot be"},
      {name + "?hostnqn=", "hostnqn= takes the name of this host"},
      {name + "?hostid=1", "a UUID"},
      {name + "?hostid=00000000-0000-0000-0000-000000000000", "a UUID that is not zero"},
      {name + "?secret=", "secret= takes the path"},
      {name + "?secret=%00", "secret= takes the path"},
      {name + "?secret=%", "secret= takes the path"},
      {name + "?ctrl-secret=/k", "needs secret="},
      {name + "?data-digest=yes", "on or off"},
      {name + "?queue-depth=0", "1 to 1024"},
      {name + "?queue-depth=1025", "1 to 1024"},
      {name + "?reconnect=30s", "seconds, 0 to 86400"},
      {name + "?keep-alive=3601", "seconds, 0 to 3600"},
  };
  for (const Row& row : rows) {
    const Result<RemoteName> refused = parse_remote_name(row.text);
    ASSERT_FALSE(refused.ok()) << row.text;
    EXPECT_EQ(refused.error().code(), EINVAL);
    EXPECT_EQ(refused.error().device(), row.text);
    EXPECT_NE(refused.error().detail().find(row.why), std::string::npos) << refused.error().detail();
  }
}

/// Every byte that a path or a name may contain comes back, and none of those that lists of options give a meaning stays.
TEST(RemoteName, AnyByteOfPathComesBack) {
  RemoteName name = on_host("h");
  for (int byte = 1; byte < 256; ++byte) name.secret_path += static_cast<char>(byte);
  const std::string text = to_string(name);
  EXPECT_EQ(text.find_first_of(", \t\n\"'\\#"), std::string::npos) << text;
  const Result<RemoteName> again = parse_remote_name(text);
  ASSERT_TRUE(again.ok()) << again.error().to_string();
  EXPECT_EQ(*again, name);
}

TEST(RemoteName, IsOne) {
  EXPECT_TRUE(is_remote_name("nvme-tcp://"));
  EXPECT_TRUE(is_remote_name("nvme-tcp://h/n"));
  for (const char* const other :
       {"", "nvme-tcp:/", "./nvme-tcp://h/n", "/dev/nvme0n1", "NVME-TCP://h/n", "nvme-rdma://h"}) {
    EXPECT_FALSE(is_remote_name(other)) << other;
  }
}

}  // namespace
}  // namespace zonecopy::nvme::fabrics
