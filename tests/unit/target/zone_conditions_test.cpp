// Every command in every condition of a zone, on devices of three kinds: the status that ZNS 1.1 has for it.
#include <filesystem>

#include "tests/support/target/served_device.h"
#include "zonecopy/image.h"

namespace zonecopy::test {
namespace {

constexpr std::uint64_t zone_size = 32;
constexpr std::uint64_t zone_capacity = 24;
constexpr std::uint64_t written = 4;  // blocks in each zone that has a write pointer behind its start
constexpr ZoneIndex source_zone = 0;  // full of data
constexpr ZoneIndex zone = 1;         // the one in question
constexpr std::uint64_t at = zone * zone_size;

enum class Kind : std::uint8_t { simulated, like_block, image };

constexpr ZoneCondition conditions[] = {
    ZoneCondition::empty, ZoneCondition::implicit_open, ZoneCondition::explicit_open, ZoneCondition::closed,
    ZoneCondition::full,  ZoneCondition::read_only,     ZoneCondition::offline};

class ZoneConditions : public LoopTest, public testing::WithParamInterface<Kind> {
 protected:
  ZoneConditions() {
    std::string name = (std::filesystem::temp_directory_path() / "zonecopy-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~ZoneConditions() override {
    served_.reset();
    std::filesystem::remove_all(folder_);
  }

  /// A new device with its zone in `condition`.
  ServedDevice& make(ZoneCondition condition) {
    served_.reset();
    sim_.reset();
    std::unique_ptr<ZonedDevice> device = make_device();
    served_ = std::make_unique<ServedDevice>(loop(), std::move(device));
    ServedDevice& served = *served_;
    EXPECT_EQ(text_of(served.write(0, Stamps(zone_capacity, 7))), "000");
    if (condition == ZoneCondition::empty) return served;
    EXPECT_EQ(text_of(served.write(at, Stamps(written, 1))), "000");
    const std::uint32_t action = action_for(condition);
    EXPECT_EQ(action == 0 ? "000" : text_of(served.manage(at, action)), "000");
    if (condition == ZoneCondition::read_only || condition == ZoneCondition::offline) fail(condition);
    EXPECT_EQ(served.zone(zone).condition, condition);
    return served;
  }

 private:
  std::unique_ptr<ZonedDevice> make_device() {
    if (GetParam() == Kind::image) return make_image();
    SimSpec spec = served_spec();
    spec.copy_limits = CopyLimits{4, 5, 12};
    sim_ = std::make_unique<SimDevice>(spec);
    if (GetParam() == Kind::like_block) return std::make_unique<BlockLikeDevice>(*sim_);
    return std::make_unique<BorrowedDevice>(*sim_);
  }
  std::unique_ptr<ZonedDevice> make_image() {
    std::filesystem::remove(folder_ / "disk.img");
    ImageSpec spec;
    spec.size_bytes = 8 * zone_size * 4096;
    spec.zone_size_bytes = zone_size * 4096;
    spec.zone_capacity_bytes = zone_capacity * 4096;
    const Status created = create_image(folder_ / "disk.img", spec);
    EXPECT_TRUE(created.ok()) << created.error().to_string();
    Result<std::unique_ptr<ZonedDevice>> opened = open_image(loop(), folder_ / "disk.img", false);
    EXPECT_TRUE(opened.ok()) << opened.error().to_string();
    return std::move(*opened);
  }
  /// The action that brings an implicitly open zone into `condition`, 0 for none.
  static std::uint32_t action_for(ZoneCondition condition) {
    switch (condition) {
      case ZoneCondition::explicit_open: return 3;
      case ZoneCondition::closed: return 1;
      case ZoneCondition::full: return 2;
      default: return 0;
    }
  }
  void fail(ZoneCondition condition) {
    if (sim_) {
      sim_->zones().turn(zone, condition);
    } else {
      const Status set = set_image_zone_condition(folder_ / "disk.img", zone, condition);
      EXPECT_TRUE(set.ok()) << set.error().to_string();
    }
  }

  std::filesystem::path folder_;
  std::unique_ptr<SimDevice> sim_;
  std::unique_ptr<ServedDevice> served_;
};

struct Row {
  const char* what;
  const char* statuses[7];  // in the order of `conditions`
};

// The write pointer is at block 4, in an empty zone at 0, and the capacity 24 of 32 blocks.
constexpr Row rows[] = {
    {"write at the pointer", {"000", "000", "000", "000", "1b9", "1ba", "1bb"}},
    {"write behind the pointer", {"1bc", "1bc", "1bc", "1bc", "1b9", "1ba", "1bb"}},
    {"write before the pointer", {"1bc", "1bc", "1bc", "1bc", "1b9", "1ba", "1bb"}},
    {"write over the pointer", {"1bc", "1bc", "1bc", "1bc", "1b9", "1ba", "1bb"}},
    {"write past the capacity", {"1b8", "1b8", "1b8", "1b8", "1b8", "1b8", "1b8"}},
    {"zeroes at the pointer", {"000", "000", "000", "000", "1b9", "1ba", "1bb"}},
    {"zeroes behind the pointer", {"1bc", "1bc", "1bc", "1bc", "1b9", "1ba", "1bb"}},
    {"append", {"000", "000", "000", "000", "1b9", "1ba", "1bb"}},
    {"append of more than is left", {"000", "1b8", "1b8", "1b8", "1b9", "1ba", "1bb"}},
    {"copy to the pointer", {"000", "000", "000", "000", "1b9", "1ba", "1bb"}},
    {"copy to behind the pointer", {"1bc", "1bc", "1bc", "1bc", "1b9", "1ba", "1bb"}},
    {"copy past the capacity", {"1b8", "1b8", "1b8", "1b8", "1b8", "1b8", "1b8"}},
    {"copy of it", {"000", "000", "000", "000", "000", "000", "1bb"}},
    {"read", {"000", "000", "000", "000", "000", "000", "1bb"}},
    {"read from the zone before", {"000", "000", "000", "000", "000", "000", "1bb"}},
    {"open", {"000", "000", "000", "000", "1bf", "1bf", "1bf"}},
    {"close", {"1bf", "000", "000", "000", "1bf", "1bf", "1bf"}},
    {"finish", {"000", "000", "000", "000", "000", "1bf", "1bf"}},
    {"reset", {"000", "000", "000", "000", "000", "1bf", "1bf"}},
};

target::Outcome carry_out(ServedDevice& host, const std::string& what, std::uint64_t pointer) {
  const auto zeroes = [&](Lba lba) { return host.send(zeroes_command(lba, 2)); };
  if (what == "write at the pointer") return host.write(at + pointer, {5, 6});
  if (what == "write behind the pointer") return host.write(at + pointer + 1, {5, 6});
  if (what == "write before the pointer") return host.write(pointer == 0 ? at + 2 : at + pointer - 2, {5});
  if (what == "write over the pointer") return host.write(pointer == 0 ? at + 2 : at + pointer - 2, {5, 6, 7});
  if (what == "write past the capacity") return host.write(at + zone_capacity - 1, {5, 6});
  if (what == "zeroes at the pointer") return zeroes(at + pointer);
  if (what == "zeroes behind the pointer") return zeroes(at + pointer + 1);
  if (what == "append") return host.append(at, {5, 6});
  if (what == "append of more than is left") {
    // ZASL of the simulated device is smaller than the zone.
    const std::uint64_t most = host.space().facts().max_append_bytes / host.block_bytes();
    const std::uint64_t fills = zone_capacity - 3;
    for (std::uint64_t left = pointer != 0 && most < fills ? zone_capacity - pointer - 1 : 0; left > 0;) {
      const std::uint64_t step = std::min(left, most);
      const target::Outcome filled = host.append(at, Stamps(step, 9));
      if (filled.status != 0) return filled;
      left -= step;
    }
    return host.append(at, Stamps(std::min(most, fills), 5));
  }
  if (what == "copy to the pointer") return host.copy(at + pointer, {{0, 1}, {3, 2}});
  if (what == "copy to behind the pointer") return host.copy(at + pointer + 1, {{0, 1}, {3, 2}});
  if (what == "copy past the capacity") return host.copy(at + zone_capacity - 2, {{0, 1}, {3, 2}});
  if (what == "copy of it") return host.copy(2 * zone_size, {{0, 1}, {at, 2}});
  if (what == "read") return host.read(at, 2).first;
  if (what == "read from the zone before") return host.read(at - 1, 2).first;
  if (what == "open") return host.manage(at, 3);
  if (what == "close") return host.manage(at, 1);
  if (what == "finish") return host.manage(at, 2);
  return host.manage(at, 4);
}

TEST_P(ZoneConditions, EveryCommand) {
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < std::size(conditions); ++i) {
      ServedDevice& host = make(conditions[i]);
      const std::uint64_t pointer = conditions[i] == ZoneCondition::empty ? 0 : written;
      const Zone before = host.zone(zone);
      const target::Outcome outcome = carry_out(host, row.what, pointer);
      EXPECT_EQ(text_of(outcome), row.statuses[i])
          << row.what << ", " << to_string(conditions[i]) << " " << outcome.cause;
      const bool refused = outcome.status != 0;
      EXPECT_EQ(outcome.do_not_retry, refused) << row.what;
      EXPECT_EQ(outcome.cause, "") << row.what;
      // A refusal leaves the zone as it was. (The one that fills the zone first has changed it.)
      if (!refused || std::string(row.what) == "append of more than is left") continue;
      EXPECT_EQ(host.zone(zone).condition, before.condition) << row.what;
      EXPECT_EQ(host.zone(zone).write_pointer_lba, before.write_pointer_lba) << row.what;
      // The range before the one that cannot be read may have been copied.
      EXPECT_LE(outcome.result, std::string(row.what) == "copy of it" ? 1U : 0U) << row.what;
    }
  }
}

std::string name_of(const testing::TestParamInfo<Kind>& kind) {
  switch (kind.param) {
    case Kind::simulated: return "Simulated";
    case Kind::like_block: return "LikeABlockDevice";
    case Kind::image: return "Image";
  }
  return "";
}

INSTANTIATE_TEST_SUITE_P(Devices, ZoneConditions, testing::Values(Kind::simulated, Kind::like_block, Kind::image),
                         name_of);

}  // namespace
}  // namespace zonecopy::test
