// Commands and lists of ranges of random bits, most of them near what is valid: whatever a host sends, the device below is
// asked for nothing that it may not be asked (the simulated one looks), and each command ends with one outcome.
#include <fmt/format.h>

#include <limits>

#include "tests/support/random.h"
#include "tests/support/target/served_device.h"

namespace zonecopy::test {
namespace {

class TargetRandomCommands : public LoopTest {};

/// A number that is often at the edge of something.
std::uint64_t number(Random& random, std::uint64_t size_blocks) {
  switch (random.below(8)) {
    case 0: return random.next();
    case 1: return std::numeric_limits<std::uint64_t>::max() - random.below(3);
    case 2: return size_blocks - random.below(3);
    case 3: return size_blocks + random.below(3);
    case 4: return random.below(8) * 32;
    default: return random.below(size_blocks);
  }
}

nvme::Command command(Random& random, std::uint64_t size_blocks) {
  constexpr std::uint8_t opcodes[] = {0x00, 0x01, 0x02, 0x08, 0x19, 0x19, 0x79, 0x7a, 0x7d};
  const auto bits = [&] { return static_cast<std::uint32_t>(random.next()); };
  const bool any_opcode = random.percent(3);
  const std::uint8_t opcode =
      any_opcode ? static_cast<std::uint8_t>(bits()) : opcodes[random.below(std::size(opcodes))];
  nvme::Command made = make_command(opcode, number(random, size_blocks));
  made.flags = random.percent(3) ? static_cast<std::uint8_t>(bits()) : 0x40;
  made.nsid = bits();
  made.cdw2 = bits();
  made.cdw3 = bits();
  made.cdw12 = random.percent(10) ? bits() : static_cast<std::uint32_t>(random.below(24));
  if (random.percent(10)) made.cdw12 |= force_unit_access;
  if (opcode == 0x19 && random.percent(50)) made.cdw12 |= 2U << 8U;
  made.cdw13 = random.percent(20) ? bits() : static_cast<std::uint32_t>(random.below(6));
  if (random.percent(10)) made.cdw13 |= 0x100;
  made.cdw14 = bits();
  made.cdw15 = bits();
  return made;
}

void fill(Random& random, std::span<std::byte> data, std::uint64_t size_blocks) {
  for (std::byte& byte : data) byte = static_cast<std::byte>(random.next());
  for (std::size_t at = 0; at + 32 <= data.size(); at += 32) {  // as a list of ranges it is near what is valid
    if (random.percent(5)) continue;
    const std::span<std::byte> entry = data.subspan(at, 32);
    put_little_endian(entry, 0, static_cast<std::uint32_t>(random.percent(90) ? 1 + random.below(2) : random.next()));
    put_little_endian(entry, 8, number(random, size_blocks));
    put_little_endian(entry, 16, static_cast<std::uint16_t>(random.percent(90) ? random.below(5) : random.next()));
  }
}

TEST_F(TargetRandomCommands, AskTheDeviceForNothingWrong) {
  for (const std::uint64_t seed : seeds(1, 4)) {
    SCOPED_TRACE(fmt::format("ZONECOPY_SEED={}", seed));
    Random random(seed);
    SimSpec spec = served_spec();
    spec.seed = seed;
    spec.max_transfer_bytes = 8192;
    spec.copy_limits = seed % 2 == 0 ? CopyLimits{3, 5, 9} : CopyLimits{};
    spec.copies_across_devices = seed % 4 == 0;
    if (seed % 3 == 0) spec.last_zone_blocks = 9;
    SimDevice one_sim(spec);
    spec.path = "sim1";
    SimDevice two_sim(spec);
    target::NamespaceOptions options;
    options.copy_limits = CopyLimits{20, 6, 40};
    ServedDevice one(loop(), std::make_unique<BorrowedDevice>(one_sim), options, 1);
    ServedDevice two(loop(), std::make_unique<BorrowedDevice>(two_sim), options, 2);
    one.attach(two);
    const std::uint64_t size_blocks = one.space().facts().size_blocks;
    std::uint64_t succeeded = 0;
    const std::uint64_t count = operations(2500);
    for (std::uint64_t i = 0; i < count && !HasFailure(); ++i) {
      const nvme::Command sent = command(random, size_blocks);
      const target::Transfer transfer = one.space().transfer_of(sent);
      EXPECT_LE(transfer.length_bytes, 8192U);
      EXPECT_EQ(transfer.length_bytes != 0, transfer.direction != target::DataDirection::none);
      Buffer data(std::max<std::size_t>(1, transfer.length_bytes));
      fill(random, data.first(transfer.length_bytes), size_blocks);
      const target::Outcome outcome = one.send(sent, data.first(transfer.length_bytes));
      EXPECT_EQ(outcome.cause, "");
      succeeded += outcome.status == 0 ? 1 : 0;
      if (i % 100 != 99) continue;
      EXPECT_EQ(one.manage(0, 0x104).status, 0);  // there is room again
    }
    EXPECT_GT(succeeded, count / 10);
  }
}

}  // namespace
}  // namespace zonecopy::test
