#include "src/target/statistics.h"

#include "src/base/endian.h"
#include "src/nvme/command.h"

namespace zonecopy::target {
namespace {

// New fields go to the end, and none is taken away: programs read the log by offsets.
constexpr StatisticsField fields[] = {
    {"uptime_ms", &Statistics::uptime_ms},
    {"connections", &Statistics::connections},
    {"connections_total", &Statistics::connections_total},
    {"connections_refused", &Statistics::connections_refused},
    {"hosts_refused", &Statistics::hosts_refused},
    {"controllers", &Statistics::controllers},
    {"controllers_total", &Statistics::controllers_total},
    {"terminations", &Statistics::terminations},
    {"keep_alive_timeouts", &Statistics::keep_alive_timeouts},
    {"admin_commands", &Statistics::admin_commands},
    {"reads", &Statistics::reads},
    {"writes", &Statistics::writes},
    {"appends", &Statistics::appends},
    {"copies", &Statistics::copies},
    {"zone_sends", &Statistics::zone_sends},
    {"zone_receives", &Statistics::zone_receives},
    {"flushes", &Statistics::flushes},
    {"write_zeroes", &Statistics::write_zeroes},
    {"other_commands", &Statistics::other_commands},
    {"failed_commands", &Statistics::failed_commands},
    {"bytes_to_hosts", &Statistics::bytes_to_hosts},
    {"bytes_from_hosts", &Statistics::bytes_from_hosts},
    {"bytes_read", &Statistics::bytes_read},
    {"bytes_written", &Statistics::bytes_written},
    {"copy_ranges", &Statistics::copy_ranges},
    {"copy_bytes_offloaded", &Statistics::copy_bytes_offloaded},
    {"copy_bytes_by_kernel", &Statistics::copy_bytes_by_kernel},
    {"copy_bytes_emulated", &Statistics::copy_bytes_emulated},
    {"copies_failed", &Statistics::copies_failed},
};
static_assert((std::size(fields) + 1) * sizeof(std::uint64_t) <= statistics_log_bytes);
static_assert(std::size(fields) * sizeof(std::uint64_t) == sizeof(Statistics), "each field is in the table");

}  // namespace

std::span<const StatisticsField> statistics_fields() { return fields; }

std::vector<std::byte> encode_statistics_log(const Statistics& statistics) {
  std::vector<std::byte> log(statistics_log_bytes);
  std::size_t offset = 0;
  const auto put = [&](std::uint64_t value) {
    put_little_endian<std::uint64_t>(log, offset, value);
    offset += sizeof value;
  };
  put(statistics_log_version);
  for (const StatisticsField& field : fields) put(statistics.*field.value);
  return log;
}

void count_io(Statistics& statistics, std::uint8_t opcode, std::uint32_t data_bytes) {
  using nvme::Opcode;
  switch (static_cast<Opcode>(opcode)) {
    case Opcode::read:
      ++statistics.reads;
      statistics.bytes_read += data_bytes;
      break;
    case Opcode::write:
      ++statistics.writes;
      statistics.bytes_written += data_bytes;
      break;
    case Opcode::zone_append:
      ++statistics.appends;
      statistics.bytes_written += data_bytes;
      break;
    case Opcode::copy: ++statistics.copies; break;
    case Opcode::zone_management_send: ++statistics.zone_sends; break;
    case Opcode::zone_management_receive: ++statistics.zone_receives; break;
    case Opcode::flush: ++statistics.flushes; break;
    case Opcode::write_zeroes: ++statistics.write_zeroes; break;
    default: ++statistics.other_commands; break;
  }
}

}  // namespace zonecopy::target
