// Copies between two namespaces of one subsystem, each opened by itself.
#include <gtest/gtest.h>

#include "tests/support/remote/remote_fixture.h"

namespace zonecopy::remote {
namespace {

using test::Answer;

constexpr std::size_t block_bytes = 512;

class RemoteAcrossTest : public test::RemoteTest {
 protected:
  RemoteAcrossTest() : RemoteTest({test::remote_spec(), second_spec()}) {
    place.link.association.copy_across = true;
    script().not_ready_polls = 0;
  }
  ~RemoteAcrossTest() override { second_.reset(); }

  static test::SimSpec second_spec() {
    test::SimSpec spec = test::remote_spec();
    spec.copies_across_devices = true;
    spec.seed = 2;
    return spec;
  }
  /// Opens the second namespace as another device.
  ZonedDevice& second() {
    place.nsid = 2;
    place.path = "nvme-tcp://scripted/second";
    auto opened = open_over(loop(), std::make_unique<test::BorrowedDialer>(target()), place);
    if (!opened) throw std::runtime_error(opened.error().to_string());
    second_ = std::move(*opened);
    return *second_;
  }
  void fill_first(std::uint64_t blocks) {
    const Buffer buffer(blocks * block_bytes);
    const auto data = buffer.first(blocks * block_bytes);
    for (std::size_t i = 0; i < data.size(); ++i) data[i] = static_cast<std::byte>(i * 31 + i / 512);
    const Status written = run(device().write(0, data));
    ASSERT_TRUE(written) << written.error().to_string();
  }
  std::uint32_t copies() { return target().taken[static_cast<std::uint8_t>(nvme::Opcode::copy)]; }

 private:
  std::unique_ptr<ZonedDevice> second_;
};

TEST_F(RemoteAcrossTest, TheTargetCopies) {
  must_open();
  ZonedDevice& to = second();
  fill_first(20);
  const CopyRoute route = to.copy_route(device());
  EXPECT_EQ(route.path, CopyPath::offloaded) << route.objection;
  const CopyCommand command{64, {{0, 8}, {10, 5}}};
  const CopyOutcome outcome = run(to.copy(device(), command, nullptr));
  ASSERT_FALSE(outcome.failure) << outcome.failure->error.to_string();
  EXPECT_EQ(outcome.blocks_copied, 13U);
  EXPECT_EQ(copies(), 1U);
  auto expected = sim(0).bytes(0, 8);
  const auto rest = sim(0).bytes(10, 5);
  expected.insert(expected.end(), rest.begin(), rest.end());
  EXPECT_EQ(sim(1).bytes(64, 13), expected);
}

TEST_F(RemoteAcrossTest, LostInTheMiddleItGoesOn) {
  must_open();
  ZonedDevice& to = second();
  fill_first(20);
  for (const Answer answer : {Answer::cut_before, Answer::cut_part, Answer::cut_after}) {
    SCOPED_TRACE(static_cast<int>(answer));
    script().part_seed = 2;
    script().answer = [this, answer](const nvme::Command& command, std::uint16_t queue_id) {
      if (queue_id == 0 || command.opcode != static_cast<std::uint8_t>(nvme::Opcode::copy)) return Answer::right;
      script().answer = nullptr;
      return answer;
    };
    const std::uint64_t start = sim(1).written_blocks(1);
    const CopyCommand command{64 + start, {{0, 8}, {10, 5}}};
    const CopyOutcome outcome = run(to.copy(device(), command, nullptr));
    ASSERT_FALSE(outcome.failure) << outcome.failure->error.to_string();
    EXPECT_EQ(outcome.blocks_copied, 13U);
    EXPECT_EQ(sim(1).written_blocks(1), start + 13);
    auto expected = sim(0).bytes(0, 8);
    const auto rest = sim(0).bytes(10, 5);
    expected.insert(expected.end(), rest.begin(), rest.end());
    EXPECT_EQ(sim(1).bytes(64 + start, 13), expected);
  }
}

TEST_F(RemoteAcrossTest, AnotherNamespaceByTheSameNumberIsNotCopiedFrom) {
  must_open();
  script().nguid[0] = std::byte{99};  // the second comes from a target that is another one
  ZonedDevice& to = second();
  fill_first(20);
  const CopyCommand command{64, {{0, 8}}};
  const CopyOutcome outcome = run(to.copy(device(), command, nullptr));
  ASSERT_TRUE(outcome.failure);
  EXPECT_EQ(outcome.failure->decision, CopyDecision::fall_back);
  EXPECT_EQ(copies(), 0U);
  EXPECT_EQ(to.copy_route(device()).path, CopyPath::emulated) << "it is not asked again";
}

TEST_F(RemoteAcrossTest, WhyNot) {
  script().identity.copy_formats = 1;
  must_open();
  EXPECT_EQ(second().copy_route(device()).objection, "the controller takes no source ranges of format 2 (OCFS 0x1)");
  script().identity.copy_formats = 5;
  script().status = 0x00d;
  script().answer = [](const nvme::Command& command, std::uint16_t queue_id) {
    return queue_id == 0 && command.opcode == 0x09 && command.cdw10 == 0x16 ? Answer::status : Answer::right;
  };
  EXPECT_NE(second().copy_route(device()).objection.find("does not enable Copy across namespaces"), std::string::npos);
  place.link.association.subsystem_nqn = "nqn.2026-11.example:other";
  EXPECT_NE(second().copy_route(device()).objection.find("not namespaces of one subsystem"), std::string::npos);
}

}  // namespace
}  // namespace zonecopy::remote
