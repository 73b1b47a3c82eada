// Random operations on a remote device while its connections are cut: each succeeds, is carried out once, and the zones
// are in the end what a model of them is.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>

#include "src/target/server.h"
#include "tests/support/random.h"
#include "tests/support/remote/cutting_dialer.h"
#include "tests/support/remote/remote_fixture.h"

namespace zonecopy::remote {
namespace {

using test::Random;

constexpr std::size_t block_bytes = 512;
constexpr std::uint64_t capacity_blocks = 48;
constexpr std::uint64_t zone_blocks = 64;

/// What a zone should hold.
struct ModelZone {
  std::vector<std::byte> data;
  bool finished = false;
  [[nodiscard]] std::uint64_t pointer() const { return data.size() / block_bytes; }
  [[nodiscard]] std::uint64_t room() const { return finished ? 0 : capacity_blocks - pointer(); }
};

class RemoteModelTest : public test::RemoteTest {
 protected:
  /// Each worker has zones of its own, and reads and copies from all.
  struct Worker {
    ZoneIndex first_zone = 0;
    ZoneIndex zones = 1;
    Random random{0};
  };

  void fill(Random& random, std::span<std::byte> data) {
    for (std::byte& byte : data) byte = static_cast<std::byte>(random.next());
  }

  Task<void> work(Worker* worker, std::uint64_t operations) {
    Random& random = worker->random;
    for (std::uint64_t i = 0; i < operations && !enough && !testing::Test::HasFailure(); ++i) {
      const ZoneIndex zone = worker->first_zone + static_cast<ZoneIndex>(random.below(worker->zones));
      if (zones[zone].room() == 0 && random.percent(60)) {
        co_await reset(zone);
        continue;
      }
      switch (random.below(10)) {
        case 0:
        case 1:
        case 2: co_await write(&random, zone); break;
        case 3:
        case 4: co_await append(&random, zone); break;
        case 5:
        case 6:
          co_await copy(&random, zone, worker->first_zone + static_cast<ZoneIndex>(random.below(worker->zones)));
          break;
        case 7: co_await zeroes(&random, zone); break;
        case 8: co_await read(&random, zone); break;
        default: co_await manage(&random, zone); break;
      }
    }
  }

  Task<void> write(Random* random, ZoneIndex zone) {
    ModelZone& model = zones[zone];
    if (model.room() == 0) co_return;
    const std::uint64_t blocks = random->between(1, model.room());
    const Buffer buffer(capacity_blocks * block_bytes);
    const std::span<std::byte> data = buffer.first(blocks * block_bytes);
    fill(*random, data);
    const Status status = co_await device().write(zone * zone_blocks + model.pointer(), data);
    EXPECT_TRUE(status) << status.error().to_string();
    model.data.insert(model.data.end(), data.begin(), data.end());
  }

  Task<void> append(Random* random, ZoneIndex zone) {
    ModelZone& model = zones[zone];
    if (model.room() == 0) co_return;
    const std::uint64_t blocks = random->between(1, model.room());
    const Buffer buffer(capacity_blocks * block_bytes);
    const std::span<std::byte> data = buffer.first(blocks * block_bytes);
    fill(*random, data);
    const Result<Lba> lba = co_await device().append(zone, data);
    EXPECT_TRUE(lba) << lba.error().to_string();
    if (!lba) co_return;
    EXPECT_EQ(*lba, zone * zone_blocks + model.pointer());
    model.data.insert(model.data.end(), data.begin(), data.end());
  }

  Task<void> zeroes(Random* random, ZoneIndex zone) {
    ModelZone& model = zones[zone];
    if (model.room() == 0) co_return;
    const std::uint64_t blocks = random->between(1, model.room());
    const Status status = co_await device().write_zeroes(zone * zone_blocks + model.pointer(), blocks);
    EXPECT_TRUE(status) << status.error().to_string();
    model.data.resize(model.data.size() + blocks * block_bytes);
  }

  /// From `source`, a zone of the same worker, so that nobody resets it meanwhile.
  Task<void> copy(Random* random, ZoneIndex zone, ZoneIndex source) {
    ModelZone& model = zones[zone];
    const ModelZone& from = zones[source];
    if (from.pointer() == 0) co_return;
    CopyCommand command;
    command.destination_lba = zone * zone_blocks + model.pointer();
    std::vector<std::byte> expected;
    std::uint64_t room = model.room();
    const std::uint64_t ranges = random->between(1, 8);
    for (std::uint64_t i = 0; i < ranges && room > 0; ++i) {
      const std::uint64_t start = random->below(from.pointer());
      const std::uint64_t blocks = random->between(1, std::min({from.pointer() - start, room, std::uint64_t{16}}));
      command.ranges.push_back({source * zone_blocks + start, static_cast<std::uint32_t>(blocks)});
      const auto* const bytes = from.data.data() + start * block_bytes;
      expected.insert(expected.end(), bytes, bytes + blocks * block_bytes);
      room -= blocks;
    }
    if (command.ranges.empty() || command.blocks() > 64) co_return;
    const CopyOutcome outcome = co_await device().copy(device(), command, nullptr);
    EXPECT_FALSE(outcome.failure) << outcome.failure->error.to_string();
    if (outcome.failure) co_return;
    EXPECT_EQ(outcome.blocks_copied, command.blocks());
    model.data.insert(model.data.end(), expected.begin(), expected.end());
  }

  Task<void> read(Random* random, ZoneIndex zone) {
    const ModelZone& model = zones[zone];
    const std::uint64_t start = random->below(capacity_blocks);
    const std::uint64_t blocks = random->between(1, capacity_blocks - start);
    const Buffer buffer(blocks * block_bytes);
    const std::span<std::byte> data = buffer.first(blocks * block_bytes);
    const Status status = co_await device().read(zone * zone_blocks + start, data);
    EXPECT_TRUE(status) << status.error().to_string();
    std::vector<std::byte> expected = model.data;
    expected.resize(capacity_blocks * block_bytes);
    EXPECT_TRUE(
        std::equal(data.begin(), data.end(), expected.begin() + static_cast<std::ptrdiff_t>(start * block_bytes)));
  }

  Task<void> reset(ZoneIndex zone) {
    const Status status = co_await device().manage_zone(zone, ZoneAction::reset);
    EXPECT_TRUE(status) << status.error().to_string();
    zones[zone] = {};
  }

  Task<void> manage(Random* random, ZoneIndex zone) {
    ModelZone& model = zones[zone];
    const bool is_full = model.finished || model.pointer() == capacity_blocks;
    const std::uint64_t kind = random->below(10);
    if (kind < 3) {
      co_await reset(zone);
    } else if (kind < 4) {
      const Status status = co_await device().manage_zone(zone, ZoneAction::finish);
      EXPECT_TRUE(status) << status.error().to_string();
      model.finished = true;
    } else if (!is_full) {
      const Status opened = co_await device().manage_zone(zone, ZoneAction::open);
      EXPECT_TRUE(opened) << opened.error().to_string();
      const Status closed = co_await device().manage_zone(zone, ZoneAction::close);
      EXPECT_TRUE(closed) << closed.error().to_string();
    }
  }

  /// Opens the device through `dialer` and runs the workers.
  void run_workers(std::uint64_t seed, std::uint64_t operations) {
    std::vector<Worker> workers(3);
    std::vector<Task<void>> tasks;
    for (std::size_t i = 0; i < workers.size(); ++i) {
      workers[i] = {static_cast<ZoneIndex>(2 * i), 2, Random(seed + 100 * i)};
      tasks.push_back(work(&workers[i], operations));
    }
    test::run_all(loop(), std::move(tasks));
  }

  void compare(const test::SimDevice& served) {
    for (ZoneIndex zone = 0; zone < zones.size(); ++zone) {
      const std::uint64_t blocks = zones[zone].pointer();
      if (!zones[zone].finished) {
        EXPECT_EQ(served.written_blocks(zone), blocks) << "zone " << zone;
      }
      EXPECT_TRUE(served.bytes(zone * zone_blocks, blocks) == zones[zone].data) << "zone " << zone;
    }
  }

  std::vector<ModelZone> zones{6};
  bool enough = false;  ///< of what goes wrong
};

/// Every operation by itself loses its connection sometimes: before the target has it, when it has carried out a part,
/// and when it has all.
TEST_F(RemoteModelTest, CommandsLoseTheirConnection) {
  for (const std::uint64_t seed : test::seeds(1, 3)) {
    SCOPED_TRACE("ZONECOPY_SEED=" + std::to_string(seed));
    Random random(seed);
    std::uint64_t cuts = 0;
    script().part_seed = seed;
    script().answer = [&](const nvme::Command&, std::uint16_t queue_id) {
      if (queue_id == 0 || !random.percent(8)) return test::Answer::right;
      if (++cuts == 40) enough = true;
      constexpr std::array answers{test::Answer::cut_before, test::Answer::cut_part, test::Answer::cut_after};
      return answers[random.below(answers.size())];
    };
    script().not_ready_polls = 0;
    must_open();
    enough = false;
    run_workers(seed, test::operations(2000));
    script().answer = nullptr;
    compare(sim());
    close_device();
    EXPECT_GE(cuts, 40U);
    if (HasFailure()) return;
    // The next seed begins with the zones as they are.
  }
}

/// Connections are cut wherever their bytes are, in either direction.
TEST_F(RemoteModelTest, ConnectionsAreCut) {
  for (const std::uint64_t seed : test::seeds(1, 3)) {
    SCOPED_TRACE("ZONECOPY_SEED=" + std::to_string(seed));
    script().not_ready_polls = 0;
    script().ready_max_bytes = 8192;
    script().ic.data_max_bytes = 4096;
    script().data_max_bytes = 4000;
    script().success_flag = seed % 2 == 0;
    place.link.association.digests = {seed % 3 == 1, seed % 3 != 0};
    test::CuttingDialer cutting(loop(), target(), seed);
    must_open(cutting);
    cutting.cut_often(40, 150);
    script().answer = [&](const nvme::Command&, std::uint16_t) {
      enough = cutting.cuts() == 40;
      return test::Answer::right;
    };
    enough = false;
    run_workers(seed, test::operations(2000));
    script().answer = nullptr;
    cutting.stop();
    compare(sim());
    EXPECT_EQ(cutting.cuts(), 40U);
    close_device();
    test::run_void(loop(), cutting.end());
    if (HasFailure()) return;
  }
}

/// Connects to this project's own target, on the same loop.
class ServerDialer final : public Dialer {
 public:
  explicit ServerDialer(target::Server& server) : server_(server) {}
  Task<Result<FileDescriptor>> dial() override {
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) co_return Error(errno, "connect");
    server_.serve(FileDescriptor(pair[1]));
    co_return FileDescriptor(pair[0]);
  }

 private:
  target::Server& server_;
};

/// The same over this project's own target, which goes on with what it has begun when a connection is cut.
TEST_F(RemoteModelTest, OwnTargetLosesItsConnections) {
  for (const std::uint64_t seed : test::seeds(1, 3)) {
    SCOPED_TRACE("ZONECOPY_SEED=" + std::to_string(seed));
    auto device = std::make_unique<test::SimDevice>(test::remote_spec());
    test::SimDevice& served = *device;
    target::NamespaceOptions options;
    options.max_transfer_bytes = 32768;
    auto space = run(target::Namespace::open(loop(), 1, std::move(device), options));
    ASSERT_TRUE(space) << space.error().to_string();
    std::vector<target::NamedNamespace> spaces;
    spaces.push_back({std::move(*space), {std::byte{1}}});
    target::SubsystemOptions subsystem_options;
    subsystem_options.nqn = place.link.association.subsystem_nqn;
    target::Subsystem subsystem(loop(), subsystem_options, std::move(spaces));
    target::Server server(subsystem, {});
    ServerDialer dialer(server);
    test::CuttingDialer cutting(loop(), dialer, seed);
    place.link.association.digests = {seed % 2 == 1, seed % 3 == 1};
    must_open(cutting);
    zones.assign(6, {});
    enough = false;
    cutting.cut_often(40, 150);
    served.on_command([&](test::Command) { enough = cutting.cuts() == 40; });
    run_workers(seed, test::operations(2000));
    cutting.stop();
    EXPECT_EQ(cutting.cuts(), 40U);
    compare(served);
    close_device();
    test::run_void(loop(), cutting.end());
    run(server.stop());
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace zonecopy::remote
