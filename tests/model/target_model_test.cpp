// Random commands of hosts, right and wrong ones, to a namespace of the target over several kinds of devices, beside a
// model of what ZNS says they do: status, zones, and every block.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <variant>

#include "tests/support/random.h"
#include "tests/support/target/served_device.h"
#include "zonecopy/image.h"

namespace zonecopy::test {
namespace {

constexpr ZoneIndex zones = 6;
constexpr std::uint64_t zone_size = 32;
constexpr std::uint64_t zone_capacity = 24;
constexpr CopyLimits announced{5, 7, 20};

enum class Kind : std::uint8_t { plain, with_copy, by_kernel, like_block, image };

struct ModelZone {
  ZoneState state;
  Stamps data = Stamps(zone_size, 0);
};

/// What a namespace should be like. Statuses are texts, as text_of() has them.
class Model {
 public:
  std::string write(Lba lba, const Stamps& stamps) {
    const std::uint64_t offset = lba % zone_size;
    if (offset + stamps.size() > zone_capacity) return "1b8";
    return place(at(lba), ZoneRequest{ZoneCommand::write, offset, stamps.size()}, stamps);
  }
  std::string append(Lba lba, const Stamps& stamps, std::uint64_t& landed) {
    ModelZone& zone = at(lba);
    if (stamps.size() > zone_capacity) return "1b8";
    landed = lba + zone.state.write_pointer_blocks;
    const std::uint64_t pointer = zone.state.write_pointer_blocks;
    return place(zone, ZoneRequest{ZoneCommand::append, pointer, stamps.size()}, stamps);
  }
  std::string manage(Lba lba, ZoneCommand command) {
    ModelZone& zone = at(lba);
    const auto verdict = transition(zone.state, ZoneRequest{command, 0, 0}, zone_capacity, {}, {});
    if (const auto* const refusal = std::get_if<ZoneRefusal>(&verdict)) return words(*refusal);
    zone.state = std::get<ZoneTransition>(verdict).after;
    if (command == ZoneCommand::reset) std::fill(zone.data.begin(), zone.data.end(), 0);
    return "000";
  }
  Stamps read(Lba lba, std::uint64_t blocks) const {
    Stamps stamps;
    for (std::uint64_t i = 0; i < blocks; ++i)
      stamps.push_back(zones_[(lba + i) / zone_size].data[(lba + i) % zone_size]);
    return stamps;
  }
  [[nodiscard]] ModelZone& at(Lba lba) { return zones_[lba / zone_size]; }

 private:
  static std::string words(ZoneRefusal refusal) {
    constexpr const char* statuses[] = {"1b8", "1b9", "1ba", "1bb", "1bc", "1be", "1bd", "1bf"};
    return statuses[static_cast<std::size_t>(refusal)];
  }
  static std::string place(ModelZone& zone, const ZoneRequest& request, const Stamps& stamps) {
    const auto verdict = transition(zone.state, request, zone_capacity, {}, {});
    if (const auto* const refusal = std::get_if<ZoneRefusal>(&verdict)) return words(*refusal);
    std::copy(stamps.begin(), stamps.end(),
              zone.data.begin() + static_cast<std::ptrdiff_t>(zone.state.write_pointer_blocks));
    zone.state = std::get<ZoneTransition>(verdict).after;
    return "000";
  }

  std::vector<ModelZone> zones_ = std::vector<ModelZone>(zones);
};

class TargetModel : public LoopTest, public testing::WithParamInterface<Kind> {
 protected:
  TargetModel() {
    std::string name = (std::filesystem::temp_directory_path() / "zonecopy-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~TargetModel() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<ZonedDevice> make_device(std::uint64_t seed, const std::string& path) {
    if (GetParam() == Kind::image) return make_image(path);
    SimSpec spec = served_spec();
    spec.layout = std::string(zones, 'S');
    spec.max_transfer_bytes = 4096;
    spec.max_append_bytes = 4096;
    spec.seed = seed;
    spec.path = path;
    spec.copies_across_devices = GetParam() == Kind::by_kernel;
    spec.kernel_copies = GetParam() == Kind::by_kernel;
    if (GetParam() == Kind::with_copy || GetParam() == Kind::by_kernel) spec.copy_limits = CopyLimits{3, 5, 9};
    sims_.push_back(std::make_unique<SimDevice>(spec));
    if (GetParam() == Kind::like_block) return std::make_unique<BlockLikeDevice>(*sims_.back());
    return std::make_unique<BorrowedDevice>(*sims_.back());
  }
  void forget_devices() { sims_.clear(); }

 private:
  std::unique_ptr<ZonedDevice> make_image(const std::string& path) {
    std::filesystem::remove(folder_ / path);
    ImageSpec spec;
    spec.size_bytes = zones * zone_size * 4096;
    spec.zone_size_bytes = zone_size * 4096;
    spec.zone_capacity_bytes = zone_capacity * 4096;
    const Status created = create_image(folder_ / path, spec);
    EXPECT_TRUE(created.ok()) << created.error().to_string();
    Result<std::unique_ptr<ZonedDevice>> opened = open_image(loop(), folder_ / path, false);
    EXPECT_TRUE(opened.ok()) << opened.error().to_string();
    return std::move(*opened);
  }

  std::filesystem::path folder_;
  std::vector<std::unique_ptr<SimDevice>> sims_;
};

/// Two namespaces, a model of each, and a host that does what chance says.
class Conversation {
 public:
  Conversation(ServedDevice& one, ServedDevice& two, Random& random) : hosts_{&one, &two}, random_(random) {}

  void step() {
    side_ = random_.below(2);
    switch (random_.below(12)) {
      case 0:
      case 1:
      case 2: write(); break;
      case 3: zeroes(); break;
      case 4:
      case 5: append(); break;
      case 6: manage(); break;
      case 7: manage_all(); break;
      case 8: read(); break;
      case 9: lose(); break;
      default: copy(); break;
    }
  }

  void compare() {
    for (side_ = 0; side_ < 2; ++side_) {
      for (ZoneIndex zone = 0; zone < zones; ++zone) {
        const Lba start = zone * zone_size;
        const ModelZone& expected = model().at(start);
        const Zone now = host().zone(zone);
        // A zone that is closed empty may be empty or closed: devices differ, and both are right.
        if (expected.state.write_pointer_blocks != 0) {
          EXPECT_EQ(to_string(now.condition), to_string(expected.state.condition)) << "zone " << zone;
        }
        if (now.condition != ZoneCondition::full) {
          EXPECT_EQ(now.write_pointer_lba - start, expected.state.write_pointer_blocks) << "zone " << zone;
        }
        for (std::uint64_t block = 0; block < zone_size; block += 8) {
          EXPECT_EQ(host().read(start + block, 8).second, model().read(start + block, 8)) << "zone " << zone;
        }
      }
    }
  }

 private:
  ServedDevice& host() { return *hosts_[side_]; }
  Model& model() { return models_[side_]; }
  [[nodiscard]] std::uint64_t max_blocks() { return host().space().facts().max_transfer_bytes / host().block_bytes(); }

  Stamps stamps(std::uint64_t count) {
    Stamps made(count);
    for (std::uint64_t& stamp : made) stamp = ++stamp_;
    return made;
  }
  Lba zone_start() { return random_.below(zones) * zone_size; }
  /// Mostly the write pointer, now and then another block.
  Lba destination() {
    const Lba start = zone_start();
    if (random_.below(6) == 0) return start + random_.below(zone_size);
    return start + std::min(model().at(start).state.write_pointer_blocks, zone_size - 1);
  }
  std::uint64_t length() { return 1 + random_.below(std::min<std::uint64_t>(8, max_blocks())); }
  void expect(const target::Outcome& outcome, const std::string& status, const std::string& what) {
    ASSERT_EQ(text_of(outcome), status) << what << " " << outcome.cause;
  }
  static bool inside(Lba lba, std::uint64_t blocks) { return lba + blocks <= zones * zone_size; }

  void write() {
    const Lba lba = destination();
    const Stamps data = stamps(length());
    const std::string status = inside(lba, data.size()) ? model().write(lba, data) : "080";
    expect(host().write(lba, data), status, fmt::format("write {}+{}", lba, data.size()));
  }
  void zeroes() {
    const Lba lba = destination();
    const std::uint64_t blocks = length();
    const std::string status = inside(lba, blocks) ? model().write(lba, Stamps(blocks, 0)) : "080";
    expect(host().send(zeroes_command(lba, static_cast<std::uint32_t>(blocks))), status, "write zeroes");
  }
  void append() {
    const Lba start = zone_start();
    const Stamps data = stamps(length());
    std::uint64_t landed = 0;
    const std::string status = model().append(start, data, landed);
    const target::Outcome outcome = host().append(start, data);
    expect(outcome, status, fmt::format("append {}+{}", start, data.size()));
    EXPECT_EQ(outcome.status == 0 ? outcome.result : landed, landed);
  }
  void manage() {
    constexpr ZoneCommand commands[] = {ZoneCommand::close, ZoneCommand::finish, ZoneCommand::open, ZoneCommand::reset};
    const auto number = static_cast<std::uint32_t>(random_.below(4));
    const Lba start = zone_start();
    // Where devices differ: see compare().
    const ModelZone& zone = model().at(start);
    if (is_open(zone.state.condition) && zone.state.write_pointer_blocks == 0) return;
    if (commands[number] == ZoneCommand::open && zone.state.write_pointer_blocks == 0) return;
    expect(host().manage(start, number + 1), model().manage(start, commands[number]), fmt::format("action {}", number));
  }
  void manage_all() {
    const bool finish = random_.below(2) == 0;
    if (random_.below(4) != 0) return;
    for (ZoneIndex zone = 0; zone < zones; ++zone) {
      const ZoneCondition condition = model().at(zone * zone_size).state.condition;
      const bool selected = finish ? is_active(condition) : is_open(condition);
      if (selected) model().manage(zone * zone_size, finish ? ZoneCommand::finish : ZoneCommand::close);
    }
    expect(host().manage(7, finish ? 0x102 : 0x101), "000", "action on all zones");
  }
  void read() {
    const Lba lba = random_.below(zones * zone_size - 8);
    const auto blocks = static_cast<std::uint32_t>(length());
    EXPECT_EQ(host().read(lba, blocks).second, model().read(lba, blocks));
  }
  /// All zones that are open were opened by the one host.
  void lose() {
    for (ZoneIndex zone = 0; zone < zones; ++zone) {
      if (is_open(model().at(zone * zone_size).state.condition)) model().manage(zone * zone_size, ZoneCommand::close);
    }
    host().lose(first_host);
  }
  void copy() {
    const std::uint32_t format = random_.below(2) == 0 ? 0 : 2;
    const Lba lba = destination();
    std::vector<WireRange> ranges;
    Stamps data;
    bool too_long = false;
    bool outside = false;
    bool overlap = false;
    const std::uint64_t count = 1 + random_.below(5);
    for (std::uint64_t i = 0; i < count; ++i) {
      WireRange range{random_.below(zones * zone_size), static_cast<std::uint32_t>(1 + random_.below(8)), 0, false};
      if (random_.below(4) != 0) range.blocks = 1 + range.blocks % 4;
      const std::uint64_t from = format == 0 ? side_ : random_.below(2);
      if (format == 2) range.snsid = static_cast<std::uint32_t>(from + 1);
      too_long = range.blocks > announced.max_range_blocks;
      outside = !too_long && !inside(range.slba, range.blocks);
      if (too_long || outside) {
        ranges.push_back(range);
        break;
      }
      for (const std::uint64_t stamp : models_[from].read(range.slba, range.blocks)) data.push_back(stamp);
      ranges.push_back(range);
    }
    std::uint64_t own = 0;
    for (const WireRange& range : ranges) {
      const bool here = format == 0 || range.snsid == side_ + 1;
      own += range.blocks;
      overlap = overlap || (here && range.slba < lba + data.size() && lba < range.slba + range.blocks);
    }
    std::string status;
    if (too_long || (!outside && own > announced.max_total_blocks)) {
      status = "183";
    } else if (outside || !inside(lba, own)) {
      status = "080";
    } else {
      status = overlap ? "187" : model().write(lba, data);
    }
    const target::Outcome outcome = host().copy(lba, ranges, format);
    expect(outcome, status, fmt::format("copy to {} of {} ranges, format {}", lba, ranges.size(), format));
    EXPECT_EQ(outcome.result, 0U);
  }

  std::array<ServedDevice*, 2> hosts_;
  std::array<Model, 2> models_;
  Random& random_;
  std::uint64_t side_ = 0;
  std::uint64_t stamp_ = 0;
};

TEST_P(TargetModel, RandomCommands) {
  target::NamespaceOptions options;
  options.copy_limits = announced;
  for (const std::uint64_t seed : seeds(1, GetParam() == Kind::image ? 2 : 6)) {
    SCOPED_TRACE(fmt::format("ZONECOPY_SEED={}", seed));
    Random random(seed);
    {
      ServedDevice one(loop(), make_device(seed, "one"), options, 1);
      ServedDevice two(loop(), make_device(seed + 1000, "two"), options, 2);
      one.attach(two);
      two.attach(one);
      Conversation conversation(one, two, random);
      for (std::uint64_t i = 0; i < operations(400) && !HasFatalFailure(); ++i) {
        conversation.step();
        if (i % 50 == 49) conversation.compare();
      }
      conversation.compare();
    }
    forget_devices();
    if (HasFailure()) return;
  }
}

std::string name_of(const testing::TestParamInfo<Kind>& kind) {
  constexpr const char* names[] = {"Plain", "WithCopy", "CopiesByTheKernel", "LikeABlockDevice", "Image"};
  return names[static_cast<std::size_t>(kind.param)];
}

INSTANTIATE_TEST_SUITE_P(Devices, TargetModel,
                         testing::Values(Kind::plain, Kind::with_copy, Kind::by_kernel, Kind::like_block, Kind::image),
                         name_of);

}  // namespace
}  // namespace zonecopy::test
