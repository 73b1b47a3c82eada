// A zoned image as a device obeys the zone state machine: both are asked the same.
#include "tests/unit/device/image/image_device_fixture.h"

namespace zonecopy::test {
namespace {

struct StartingPoint {
  const char* name;
  ZoneState state;
  bool conventional;
};
const std::vector<StartingPoint> starting_points = {
    {"conventional", {ZoneCondition::not_write_pointer, 0}, true},
    {"empty", {ZoneCondition::empty, 0}, false},
    {"implicit open", {ZoneCondition::implicit_open, 4}, false},
    {"explicit open, unwritten", {ZoneCondition::explicit_open, 0}, false},
    {"explicit open", {ZoneCondition::explicit_open, 4}, false},
    {"closed", {ZoneCondition::closed, 4}, false},
    {"full", {ZoneCondition::full, zone_capacity}, false},
    {"read-only", {ZoneCondition::read_only, 4}, false},
    {"offline", {ZoneCondition::offline, 4}, false},
    {"conventional, read-only", {ZoneCondition::read_only, 0}, true},
    {"conventional, offline", {ZoneCondition::offline, 0}, true},
};

std::vector<ZoneRequest> all_requests() {
  std::vector<ZoneRequest> requests;
  const std::uint64_t rest = zone_capacity - 4;
  for (const std::uint64_t offset : {std::uint64_t{0}, std::uint64_t{3}, std::uint64_t{4}, std::uint64_t{5}, rest}) {
    for (const std::uint64_t blocks :
         {std::uint64_t{1}, rest, rest + 1, zone_capacity, zone_capacity + 1, zone_size + 1}) {
      requests.push_back({ZoneCommand::write, offset, blocks});
    }
  }
  for (const std::uint64_t blocks : {std::uint64_t{1}, rest, rest + 1, zone_capacity, zone_capacity + 1}) {
    requests.push_back({ZoneCommand::append, 0, blocks});
  }
  for (const ZoneCommand command : {ZoneCommand::open, ZoneCommand::close, ZoneCommand::finish, ZoneCommand::reset}) {
    requests.push_back({command, 0, 0});
  }
  return requests;
}

std::string situation_of(const StartingPoint& start, const ZoneRequest& request) {
  return fmt::format("{} of {} at {}, {}", to_string(request.command), request.blocks, request.offset_blocks,
                     start.name);
}

/// Drives zones into conditions and asks the device and the state machine the same.
class ImageStates : public ImageDeviceOfBlocks {
 protected:
  /// By commands where commands lead there.
  void bring_to(ZoneIndex zone, const ZoneState& wanted) {
    const Stamps prepared = counting_from(1, wanted.write_pointer_blocks);
    if (wanted.condition == ZoneCondition::explicit_open) {
      ASSERT_TRUE(manage(zone, ZoneAction::open).ok());
    }
    if (!prepared.empty()) {
      ASSERT_TRUE(write(start_of(zone), prepared).ok());
    }
    if (wanted.condition == ZoneCondition::closed) {
      ASSERT_TRUE(manage(zone, ZoneAction::close).ok());
    }
    if (wanted.condition == ZoneCondition::read_only || wanted.condition == ZoneCondition::offline) {
      set_bad(zone, wanted.condition);
    }
    ASSERT_EQ(state_words(zone), words_of(wanted));
  }

  Status carry_out(ZoneIndex zone, const ZoneRequest& request) {
    switch (request.command) {
      case ZoneCommand::write: return write(start_of(zone) + request.offset_blocks, counting_from(100, request.blocks));
      case ZoneCommand::append: {
        const Result<Lba> lba = append(zone, counting_from(100, request.blocks));
        if (lba) return {};
        return lba.error();
      }
      case ZoneCommand::open: return manage(zone, ZoneAction::open);
      case ZoneCommand::close: return manage(zone, ZoneAction::close);
      case ZoneCommand::finish: return manage(zone, ZoneAction::finish);
      case ZoneCommand::reset: return manage(zone, ZoneAction::reset);
    }
    return {};
  }

  void check(ZoneIndex zone, const StartingPoint& start, const ZoneRequest& request) {
    SCOPED_TRACE(situation_of(start, request));
    bring_to(zone, start.state);
    const std::uint64_t capacity_blocks = start.conventional ? zone_size : zone_capacity;
    const auto verdict = transition(start.state, request, capacity_blocks, ResourceUse(), ResourceLimits());
    const Status done = carry_out(zone, request);
    ZoneState expected = start.state;
    Stamps stamps = padded(counting_from(1, start.state.write_pointer_blocks), zone_size);
    if (const auto* refusal = std::get_if<ZoneRefusal>(&verdict)) {
      // The state machine knows a bad conventional zone as a bad zone only; the device knows that it takes no appends.
      const bool no_such_command = start.conventional && request.command == ZoneCommand::append;
      ASSERT_FALSE(done.ok());
      EXPECT_EQ(done.error().code(), no_such_command ? EINVAL : to_errno(*refusal)) << done.error().to_string();
      EXPECT_EQ(done.error().zone(), zone);
      EXPECT_EQ(done.error().device(), path_.string());
    } else {
      ASSERT_TRUE(done.ok()) << done.error().to_string();
      expected = std::get<ZoneTransition>(verdict).after;
      const bool appends = request.command == ZoneCommand::append;
      const std::uint64_t offset = appends ? start.state.write_pointer_blocks : request.offset_blocks;
      const Stamps written = counting_from(100, request.blocks);
      std::copy(written.begin(), written.end(), stamps.begin() + static_cast<std::ptrdiff_t>(offset));
      if (request.command == ZoneCommand::reset) stamps = Stamps(zone_size, 0);
    }
    EXPECT_EQ(state_words(zone), words_of(expected));
    const Result<Stamps> read_back = try_read(start_of(zone), zone_size);
    if (expected.condition == ZoneCondition::offline) {
      EXPECT_EQ(code_of(read_back), EIO);
    } else {
      ASSERT_TRUE(read_back.ok()) << read_back.error().to_string();
      EXPECT_EQ(*read_back, stamps);
    }
  }

  void check_all(const std::vector<ZoneRequest>& requests) {
    const auto zones = static_cast<std::uint32_t>(requests.size() + 3);  // no request reaches the end of the device
    for (const StartingPoint& start : starting_points) {
      create(spec_of(GetParam(), zones, start.conventional ? zones : 0));
      for (ZoneIndex zone = 0; zone < requests.size(); ++zone) check(zone, start, requests[zone]);
    }
  }
};
INSTANTIATE_TEST_SUITE_P(BlockSize, ImageStates, testing::Values(512, 4096));

TEST_P(ImageStates, AgreesWithTheStateMachine) { check_all(all_requests()); }

TEST_P(ImageStates, WritesOfNoBlocksAgreeToo) {
  check_all({{ZoneCommand::write, 0, 0}, {ZoneCommand::write, 4, 0}, {ZoneCommand::append, 0, 0}});
}

}  // namespace
}  // namespace zonecopy::test
