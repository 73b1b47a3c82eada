// Many hosts at once on two namespaces of the target: appends to common zones, copies to zones of their own, some of them
// cancelled or failing, reads, zone reports, actions on all zones, and controllers that are lost in between. What was
// acknowledged is there in the end, each block once and where the host was told.
#include <fmt/format.h>

#include <map>

#include "tests/support/random.h"
#include "tests/support/target/served_device.h"

namespace zonecopy::test {
namespace {

constexpr std::uint64_t zone_size = 256;
constexpr std::uint64_t zone_capacity = 200;
constexpr ZoneIndex source_zones = 2;
constexpr ZoneIndex common_zones = 3;  // behind the sources: appends
constexpr std::uint32_t hosts = 6;     // a zone each behind those, for copies
constexpr std::uint64_t steps = 40;

enum class Kind : std::uint8_t { emulated, offloaded, like_block };

class TargetConcurrency : public LoopTest, public testing::WithParamInterface<Kind> {
 protected:
  std::unique_ptr<ZonedDevice> make_device(std::uint64_t seed, const std::string& path) {
    SimSpec spec = served_spec();
    spec.layout = std::string(source_zones + common_zones + hosts, 'S');
    spec.zone_size_blocks = zone_size;
    spec.zone_capacity_blocks = zone_capacity;
    spec.max_transfer_bytes = 4096;
    spec.max_append_bytes = 4096;
    spec.seed = seed;
    spec.path = path;
    if (GetParam() == Kind::offloaded) {
      spec.copy_limits = CopyLimits{3, 5, 9};
      spec.copies_across_devices = true;
    }
    sims_.push_back(std::make_unique<SimDevice>(spec));
    if (GetParam() == Kind::like_block) return std::make_unique<BlockLikeDevice>(*sims_.back());
    return std::make_unique<BorrowedDevice>(*sims_.back());
  }

  /// One host: it knows what it was told.
  struct Host {
    ServedDevice* served = nullptr;
    std::uint32_t number = 0;
    std::unique_ptr<Random> random;
    std::map<Lba, std::uint64_t> appended;  ///< stamps, by where they are
    Stamps copied;                          ///< what its own zone has to hold, as far as it is known
    std::uint64_t next_stamp = 0;

    [[nodiscard]] target::ControllerId id() const { return static_cast<target::ControllerId>(number + 1); }
    [[nodiscard]] Lba own_start() const { return Lba{source_zones + common_zones + number} * zone_size; }
  };

  static std::uint64_t source_stamp(std::uint64_t nsid, Lba lba) { return nsid * 100000 + lba; }
  static void fill(ServedDevice& served, std::uint64_t nsid) {
    for (ZoneIndex zone = 0; zone < source_zones; ++zone) {
      for (std::uint64_t block = 0; block < zone_capacity; block += 8) {
        Stamps stamps;
        const Lba lba = zone * zone_size + block;
        for (std::uint64_t i = 0; i < 8; ++i) stamps.push_back(source_stamp(nsid, lba + i));
        ASSERT_EQ(served.write(lba, stamps).status, 0);
      }
    }
  }

  static Task<void> append(Host& host) {
    const Lba start = (source_zones + host.random->below(common_zones)) * zone_size;
    Stamps stamps(host.random->between(1, 8));
    for (std::uint64_t& stamp : stamps) stamp = ++host.next_stamp;
    const Buffer data = host.served->blocks_with(stamps);
    const auto blocks = static_cast<std::uint32_t>(stamps.size());
    const nvme::Command command = append_command(start, blocks);
    const std::span<std::byte> bytes = data.first(blocks * host.served->block_bytes());
    const target::Outcome outcome = co_await host.served->carry_out_for(host.id(), nullptr, command, bytes);
    if (outcome.status == 0) {
      for (std::uint64_t i = 0; i < stamps.size(); ++i) host.appended[outcome.result + i] = stamps[i];
    } else {
      const bool known = outcome.status == 0x1b8 || outcome.status == 0x1b9 || outcome.status == 0x280;
      EXPECT_TRUE(known) << text_of(outcome);
    }
  }

  /// A copy to the write pointer of the host's own zone, cancelled in the middle now and then.
  static Task<void> copy(Host& host, EventLoop& loop) {
    std::vector<WireRange> ranges;
    Stamps stamps;
    for (std::uint64_t left = host.random->between(1, 4); left > 0; --left) {
      const auto nsid = static_cast<std::uint32_t>(host.random->between(1, 2));
      const auto blocks = static_cast<std::uint32_t>(host.random->between(1, 12));
      const Lba lba = host.random->below(source_zones) * zone_size + host.random->below(zone_capacity - blocks);
      ranges.push_back(WireRange{lba, blocks, nsid, false});
      for (Lba block = lba; block < lba + blocks; ++block) stamps.push_back(source_stamp(nsid, block));
    }
    std::vector<std::byte> list = wire_list(ranges);
    const Lba destination = host.own_start() + host.copied.size();
    if (host.copied.size() + stamps.size() > zone_capacity) co_return;
    auto cancel = std::make_shared<CancelToken>();
    if (host.random->percent(30)) loop.spawn(request_later(cancel, host.random->below(12)));
    const nvme::Command command = copy_command(destination, ranges.size(), 2);
    const target::Outcome outcome = co_await host.served->carry_out_for(host.id(), cancel.get(), command, list);
    co_await settle(host, stamps, outcome.status == 0);
  }
  static Task<void> request_later(std::shared_ptr<CancelToken> cancel, std::uint64_t turns) {
    for (; turns > 0; --turns) co_await Yield();
    cancel->request();
  }

  /// After a copy that failed only the zone's report tells how much of it is there.
  static Task<void> settle(Host& host, const Stamps& stamps, bool whole) {
    std::size_t landed = stamps.size();
    if (!whole) {
      const ZoneIndex zone = static_cast<ZoneIndex>(host.own_start() / zone_size);
      const Result<std::vector<Zone>> zones = co_await host.served->space().device().report_zones(zone, 1);
      landed = zones->at(0).write_pointer_lba - host.own_start() - host.copied.size();
    }
    EXPECT_LE(landed, stamps.size());
    for (std::size_t i = 0; i < std::min(landed, stamps.size()); ++i) host.copied.push_back(stamps[i]);
  }

  static Task<void> read_source(Host& host) {
    const auto blocks = static_cast<std::uint32_t>(host.random->between(1, 8));
    const Lba lba = host.random->below(source_zones) * zone_size + host.random->below(zone_capacity - blocks);
    const Buffer buffer(8 * host.served->block_bytes());
    const std::span<std::byte> data = buffer.first(blocks * host.served->block_bytes());
    const nvme::Command command = read_command(lba, blocks);
    const target::Outcome outcome = co_await host.served->carry_out_for(host.id(), nullptr, command, data);
    EXPECT_EQ(text_of(outcome), "000");
    for (std::uint32_t i = 0; i < blocks; ++i) {
      const std::uint64_t stamp = little_endian<std::uint64_t>(data, i * host.served->block_bytes());
      EXPECT_EQ(stamp, source_stamp(1, lba + i));
    }
  }

  /// Closes all zones, asks for a report, or is lost.
  static Task<void> disturb(Host& host) {
    Buffer buffer(4096);
    const std::uint64_t what = host.random->below(3);
    if (what == 0) {
      const nvme::Command command = manage_command(0, 0x101);
      const std::span<std::byte> no_data;
      const target::Outcome outcome = co_await host.served->carry_out_for(host.id(), nullptr, command, no_data);
      // A zone that is written full, or closed by another, between the choice and the action cannot be closed.
      EXPECT_TRUE(outcome.status == 0 || outcome.status == 0x1bf) << text_of(outcome);
    } else if (what == 1) {
      const nvme::Command command = make_command(0x7a, 0, 1023, 0x10200);
      const target::Outcome outcome = co_await host.served->carry_out_for(host.id(), nullptr, command, buffer.span());
      EXPECT_EQ(text_of(outcome), "000");
    } else {
      co_await host.served->space().controller_lost(host.id());
    }
  }

  static Task<void> live(Host& host, EventLoop& loop) {
    for (std::uint64_t step = 0; step < steps; ++step) {
      switch (host.random->below(8)) {
        case 0:
        case 1:
        case 2: co_await append(host); break;
        case 3:
        case 4:
        case 5: co_await copy(host, loop); break;
        case 6: co_await read_source(host); break;
        default: co_await disturb(host); break;
      }
    }
  }

  static void check(const Host& host) {
    for (const auto& [lba, stamp] : host.appended) EXPECT_EQ(host.served->read(lba, 1).second, Stamps{stamp}) << lba;
    for (std::size_t i = 0; i < host.copied.size(); ++i) {
      EXPECT_EQ(host.served->read(host.own_start() + i, 1).second, Stamps{host.copied[i]}) << i;
    }
  }

  SimDevice& sim(std::size_t number) { return *sims_[number]; }
  void forget_devices() { sims_.clear(); }

 private:
  std::vector<std::unique_ptr<SimDevice>> sims_;
};

TEST_P(TargetConcurrency, WhatWasAcknowledgedIsThere) {
  for (const std::uint64_t seed : seeds(1, 4)) {
    SCOPED_TRACE(fmt::format("ZONECOPY_SEED={}", seed));
    {
      ServedDevice one(loop(), make_device(seed, "one"), {}, 1);
      ServedDevice two(loop(), make_device(seed + 1000, "two"), {}, 2);
      one.attach(two);
      fill(one, 1);
      fill(two, 2);
      Random random(seed);
      for (const Command command : {Command::write, Command::append, Command::copy}) {
        Fault fault = fault_of(command);
        fault.skip = random.between(5, 40);
        fault.blocks_landed = random.below(4);
        sim(0).inject(fault);
      }
      std::vector<Host> all(hosts);
      std::vector<Task<void>> lives;
      for (std::uint32_t number = 0; number < hosts; ++number) {
        Host& host = all[number];
        host.served = &one;
        host.number = number;
        host.random = std::make_unique<Random>(seed * 100 + number);
        host.next_stamp = (number + 1) * 1000000;
        lives.push_back(live(host, loop()));
      }
      run_all(loop(), std::move(lives));
      for (const Host& host : all) check(host);
      for (const Host& host : all) one.lose(host.id());
      for (ZoneIndex zone = 0; zone < source_zones + common_zones + hosts; ++zone) {
        EXPECT_FALSE(is_open(one.zone(zone).condition)) << zone;
      }
    }
    forget_devices();
    if (HasFailure()) return;
  }
}

std::string name_of(const testing::TestParamInfo<Kind>& kind) {
  constexpr const char* names[] = {"Emulated", "Offloaded", "LikeABlockDevice"};
  return names[static_cast<std::size_t>(kind.param)];
}

INSTANTIATE_TEST_SUITE_P(Devices, TargetConcurrency, testing::Values(Kind::emulated, Kind::offloaded, Kind::like_block),
                         name_of);

}  // namespace
}  // namespace zonecopy::test
