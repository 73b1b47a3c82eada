#include "tools/bench/counters.h"

#include <gtest/gtest.h>

namespace zonecopy::benching {
namespace {

constexpr const char* net_dev =
    "Inter-|   Receive                                                |  Transmit\n"
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier\n"
    "    lo: 1111 2 0 0 0 0 0 0 1112 3 0 0 0 0 0 0\n"
    " veth1:98765432100 22 0 0 0 0 0 0 44 33 0 0 0 0 0 0\n";

TEST(Counters, BytesOfAnInterface) {
  const auto lo = parse_interface(net_dev, "lo");
  ASSERT_TRUE(lo);
  EXPECT_EQ(lo->received, 1111U);
  EXPECT_EQ(lo->sent, 1112U);
}

TEST(Counters, NumberDirectlyBehindTheColon) {
  const auto veth = parse_interface(net_dev, "veth1");
  ASSERT_TRUE(veth);
  EXPECT_EQ(veth->received, 98765432100U);
  EXPECT_EQ(veth->sent, 44U);
}

TEST(Counters, PartOfANameIsNoInterface) {
  EXPECT_FALSE(parse_interface(net_dev, "veth"));
  EXPECT_FALSE(parse_interface(net_dev, "face |bytes"));
  EXPECT_FALSE(parse_interface(net_dev, ""));
  EXPECT_FALSE(parse_interface("veth1: 1 2\n", "veth1"));
}

TEST(Counters, UnknownInterfaceAndProcessAreErrors) {
  Counted counted;
  counted.interface = "none-such";
  EXPECT_EQ(read_counters(counted).error().code(), ENODEV);
  counted.interface.reset();
  for (const pid_t none : {0, -1, 1 << 22, 0x3fffffff}) {
    counted.processes = {none};
    EXPECT_EQ(read_counters(counted).error().code(), ESRCH) << none;
  }
}

TEST(Counters, DifferenceAndSum) {
  const Counters early{1, 2, 3, 4, 5};
  Counters sum = Counters{2, 4, 6, 8, 10} - early;
  sum += early;
  EXPECT_EQ(sum.own_cpu_seconds, 2);
  EXPECT_EQ(sum.processes_cpu_seconds, 4);
  EXPECT_EQ(sum.machine_cpu_seconds, 6);
  EXPECT_EQ(sum.received_bytes, 8U);
  EXPECT_EQ(sum.sent_bytes, 10U);
}

}  // namespace
}  // namespace zonecopy::benching
