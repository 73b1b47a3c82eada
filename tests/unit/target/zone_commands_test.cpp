// Zone reports, actions on all zones, zones of a controller that is lost, and durability.
#include "src/nvme/identify.h"
#include "tests/support/target/served_device.h"

namespace zonecopy::test {
namespace {

class TargetZones : public LoopTest {
 protected:
  ServedDevice& serve(const SimSpec& spec, const target::NamespaceOptions& options = {}) {
    sim_ = std::make_unique<SimDevice>(spec);
    served_ = std::make_unique<ServedDevice>(loop(), std::make_unique<BorrowedDevice>(*sim_), options);
    return *served_;
  }
  ServedDevice& host() { return *served_; }
  SimDevice& sim() { return *sim_; }

  /// Zones in the order empty, implicitly open, explicitly open, closed, full, read-only, offline, empty.
  void make_all_conditions() {
    serve(served_spec());
    for (ZoneIndex zone = 1; zone < 5; ++zone) EXPECT_EQ(host().write(host().start_of(zone), {1, 2}).status, 0);
    EXPECT_EQ(host().manage(host().start_of(2), 3).status, 0);
    EXPECT_EQ(host().manage(host().start_of(3), 1).status, 0);
    EXPECT_EQ(host().manage(host().start_of(4), 2).status, 0);
    sim().zones().turn(5, ZoneCondition::read_only);
    sim().zones().turn(6, ZoneCondition::offline);
  }
  std::string conditions() {
    std::string text;
    for (ZoneIndex zone = 0; zone < 8; ++zone) text += letter(host().zone(zone).condition);
    return text;
  }
  static char letter(ZoneCondition condition) { return "-EioCFRX"[static_cast<std::size_t>(condition)]; }

  /// "COUNT: start, …" of a report of `dwords` dwords.
  std::string report(Lba lba, std::uint32_t dwords, std::uint32_t filter, bool partial) {
    std::vector<std::byte> data(dwords * 4, std::byte{0xee});
    const target::Outcome outcome =
        host().send(make_command(0x7a, lba, dwords - 1, filter << 8U | (partial ? 1U << 16U : 0U)), data);
    EXPECT_EQ(text_of(outcome), "000");
    std::string text = std::to_string(little_endian<std::uint64_t>(data, 0)) + ":";
    for (std::size_t at = 64; at + 64 <= data.size(); at += 64) {
      const std::span<const std::byte> descriptor = std::span(data).subspan(at, 64);
      if (descriptor[0] == std::byte{0}) continue;
      text += " " + std::to_string(little_endian<std::uint64_t>(descriptor, 16) / 32);
    }
    return text;
  }

 private:
  std::unique_ptr<SimDevice> sim_;
  std::unique_ptr<ServedDevice> served_;
};

constexpr std::uint32_t all_dwords = (64 + 64 * 8) / 4;

TEST_F(TargetZones, ReportsByFilter) {
  make_all_conditions();
  EXPECT_EQ(conditions(), "EioCFRXE");
  const char* const by_filter[] = {"8: 0 1 2 3 4 5 6 7", "2: 0 7", "1: 1", "1: 2", "1: 3", "1: 4", "1: 5", "1: 6"};
  for (std::uint32_t filter = 0; filter < 8; ++filter) {
    for (const bool partial : {false, true}) EXPECT_EQ(report(0, all_dwords, filter, partial), by_filter[filter]);
  }
}

TEST_F(TargetZones, ReportsWithRoomForPartOfThem) {
  make_all_conditions();
  const std::uint32_t two = (64 + 64 * 2) / 4;
  EXPECT_EQ(report(0, two, 0, true), "2: 0 1");
  EXPECT_EQ(report(0, two, 0, false), "8: 0 1");
  EXPECT_EQ(report(5 * 32 + 17, two, 0, false), "3: 5 6");  // the zone that the LBA lies in
  EXPECT_EQ(report(0, two - 1, 1, false), "2: 0");          // half a descriptor is none
  EXPECT_EQ(report(0, two - 1, 1, true), "1: 0");
  EXPECT_EQ(report(32, two, 1, false), "1: 7");
  EXPECT_EQ(report(0, 1, 0, false).substr(0, 2), "8:");  // half a header
  EXPECT_EQ(report(0, 16, 1, false), "2:");
  EXPECT_EQ(report(0, 16, 1, true), "0:");
  EXPECT_EQ(report(7 * 32, all_dwords, 5, false), "0:");
}

TEST_F(TargetZones, AReportThatTheDeviceFails) {
  serve(served_spec());
  sim().inject(fault_of(Command::report));
  std::vector<std::byte> data(4096);
  const target::Outcome outcome = host().send(make_command(0x7a, 0, 1023, 0), data);
  EXPECT_EQ(text_of(outcome), "281");
  EXPECT_NE(outcome.cause, "");
}

TEST_F(TargetZones, ActionsOnAllZones) {
  struct Row {
    std::uint32_t action;
    const char* after;
  };
  const Row rows[] = {{1, "ECCCFRXE"}, {2, "EFFFFRXE"}, {3, "EioooRXE"}, {4, "EEEEERXE"}};
  for (const Row& row : rows) {
    make_all_conditions();
    EXPECT_EQ(text_of(host().manage(~Lba{0}, 0x100 | row.action)), "000");
    std::string after = row.after;
    if (row.action == 3) after = "EiooFRXE";
    EXPECT_EQ(conditions(), after) << row.action;
  }
}

TEST_F(TargetZones, AllZonesAreOpenedTogetherOrNotAtAll) {
  SimSpec spec = served_spec();
  spec.resource_limits = ResourceLimits{3, 5};
  serve(spec);
  for (ZoneIndex zone = 0; zone < 4; ++zone) {
    EXPECT_EQ(host().write(host().start_of(zone), {1}).status, 0);
    EXPECT_EQ(host().manage(host().start_of(zone), 1).status, 0);
  }
  EXPECT_EQ(text_of(host().manage(0, 0x103)), "1be");
  EXPECT_EQ(conditions(), "CCCCEEEE");
  EXPECT_EQ(text_of(host().manage(0, 4)), "000");
  EXPECT_EQ(text_of(host().manage(0, 0x103)), "000");
  EXPECT_EQ(conditions(), "EoooEEEE");
}

TEST_F(TargetZones, OneOfAllZonesFails) {
  serve(served_spec());
  for (ZoneIndex zone = 0; zone < 8; ++zone) EXPECT_EQ(host().write(host().start_of(zone), {1}).status, 0);
  sim().inject(fault_of(Command::reset, 3));
  EXPECT_EQ(text_of(host().manage(0, 0x104)), "280");
  EXPECT_EQ(conditions(), "EEEiEEEE");
}

TEST_F(TargetZones, ShortagesHaveTheirOwnStatus) {
  SimSpec spec = served_spec();
  spec.resource_limits = ResourceLimits{2, 3};
  serve(spec);
  EXPECT_EQ(text_of(host().manage(host().start_of(0), 3)), "000");
  EXPECT_EQ(text_of(host().manage(host().start_of(1), 3)), "000");
  EXPECT_EQ(text_of(host().write(host().start_of(2), {1})), "1be");
  EXPECT_EQ(text_of(host().manage(host().start_of(1), 1)), "000");
  EXPECT_EQ(text_of(host().manage(host().start_of(2), 3)), "000");
  EXPECT_EQ(text_of(host().append(host().start_of(3), {1})), "1bd");
}

TEST_F(TargetZones, ZonesOfALostControllerAreClosed) {
  serve(served_spec());
  const auto start = [&](ZoneIndex zone) { return host().start_of(zone); };
  host().as(1);
  EXPECT_EQ(host().manage(start(0), 3).status, 0);
  EXPECT_EQ(host().write(start(1), {1}).status, 0);
  EXPECT_EQ(host().append(start(2), {1}).status, 0);
  EXPECT_EQ(host().copy(start(3), {{start(1), 1}}).status, 0);
  EXPECT_EQ(host().send(zeroes_command(start(4), 1)).status, 0);
  EXPECT_EQ(host().write(start(5), {1}).status, 0);
  EXPECT_EQ(host().manage(start(6), 3).status, 0);
  host().as(2);
  EXPECT_EQ(host().write(start(5) + 1, {1}).status, 0);  // now its zone
  EXPECT_EQ(host().manage(start(7), 3).status, 0);
  EXPECT_EQ(host().manage(start(6), 2).status, 0);
  EXPECT_EQ(conditions(), "oiiiiiFo");
  host().lose(3);
  EXPECT_EQ(conditions(), "oiiiiiFo");
  host().lose(1);
  EXPECT_EQ(conditions(), "CCCCCiFo");
  sim().inject(fault_of(Command::close, 5));
  host().lose(2);  // that a zone cannot be closed keeps no other from it
  EXPECT_EQ(conditions(), "CCCCCiFC");
}

TEST_F(TargetZones, ZonesThatAFailureLeftOpenAreClosedAsWell) {
  serve(served_spec());
  Fault torn = fault_of(Command::write, 0);
  torn.blocks_landed = 1;
  sim().inject(torn);
  EXPECT_EQ(text_of(host().write(0, {1, 2})), "280");
  torn = fault_of(Command::append, 1);
  torn.blocks_landed = 1;
  sim().inject(torn);
  EXPECT_EQ(text_of(host().append(host().start_of(1), {1, 2})), "280");
  torn = fault_of(Command::write, 2);
  torn.blocks_landed = 1;
  sim().inject(torn);
  EXPECT_EQ(text_of(host().copy(host().start_of(2), {{0, 2}})), "280");
  Fault late = fault_of(Command::open, 3);
  late.takes_effect = true;
  sim().inject(late);
  EXPECT_EQ(text_of(host().manage(host().start_of(3), 3)), "280");
  EXPECT_EQ(conditions(), "iiioEEEE");
  host().as(2);
  EXPECT_EQ(text_of(host().write(1 + 5, {1})), "1bc");  // another's mistake does not make it its zone
  host().lose(1);
  EXPECT_EQ(conditions(), "CCCCEEEE");
}

TEST_F(TargetZones, ForceUnitAccessFlushes) {
  serve(served_spec());
  const Buffer data = host().blocks_with({1});
  const std::span<std::byte> block = data.first(host().block_bytes());
  std::vector<std::byte> list = wire_list({{0, 1}});
  const auto with_fua = [](nvme::Command command) {
    command.cdw12 |= force_unit_access;
    return command;
  };
  EXPECT_EQ(host().send(write_command(0, 1), block).status, 0);
  EXPECT_EQ(host().send(append_command(0, 1), block).status, 0);
  EXPECT_EQ(host().send(zeroes_command(2, 1)).status, 0);
  EXPECT_EQ(host().send(copy_command(32, 1, 0), list).status, 0);
  EXPECT_EQ(sim().count(Command::flush), 0U);
  EXPECT_EQ(host().send(with_fua(write_command(3, 1)), block).status, 0);
  EXPECT_EQ(host().send(with_fua(append_command(0, 1)), block).status, 0);
  EXPECT_EQ(host().send(with_fua(zeroes_command(5, 1))).status, 0);
  EXPECT_EQ(host().send(with_fua(copy_command(33, 1, 0)), list).status, 0);
  EXPECT_EQ(sim().count(Command::flush), 4U);
  EXPECT_EQ(host().send(make_command(0x00, 0)).status, 0);
  EXPECT_EQ(sim().count(Command::flush), 5U);
  // Data that is not durable is none that was acknowledged.
  Fault twice = fault_of(Command::flush);
  twice.times = 2;
  sim().inject(twice);
  EXPECT_EQ(text_of(host().send(with_fua(append_command(0, 1)), block)), "280");
  EXPECT_EQ(text_of(host().send(make_command(0x00, 0))), "280");
}

TEST_F(TargetZones, ALastZoneThatIsShorter) {
  SimSpec spec = served_spec();
  spec.last_zone_blocks = 10;
  serve(spec);
  EXPECT_EQ(host().space().facts().size_blocks, 8 * 32U);
  const Lba start = host().start_of(7);
  EXPECT_EQ(host().write(start, Stamps(10, 7)).status, 0);
  EXPECT_EQ(text_of(host().write(start + 10, {1})), "1b8");
  EXPECT_EQ(host().zone(7).condition, ZoneCondition::full);
  EXPECT_EQ(host().read(start + 8, 4).second, (Stamps{7, 7, 0, 0}));
  EXPECT_EQ(host().read(start + 30, 2).second, (Stamps{0, 0}));
  EXPECT_EQ(text_of(host().copy(0, {{start + 8, 4}})), "080");
  EXPECT_EQ(text_of(host().copy(0, {{start, 10}})), "000");
  EXPECT_EQ(report(start, all_dwords, 0, false), "1: 7");
}

}  // namespace
}  // namespace zonecopy::test
