// What a target has done since it began. Log page C0h gives all of it to a host, and `zonecopy serve` prints it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace zonecopy::target {

struct Statistics {
  std::uint64_t uptime_ms = 0;
  std::uint64_t connections = 0;  ///< open now
  std::uint64_t connections_total = 0;
  std::uint64_t connections_refused = 0;  ///< above the limit, or without a Connect in time
  std::uint64_t hosts_refused = 0;        ///< Connects of hosts that are not allowed
  std::uint64_t controllers = 0;          ///< there now
  std::uint64_t controllers_total = 0;
  std::uint64_t terminations = 0;  ///< connections ended by a termination PDU of this target
  std::uint64_t keep_alive_timeouts = 0;
  std::uint64_t admin_commands = 0;  ///< and those of fabrics
  std::uint64_t reads = 0;
  std::uint64_t writes = 0;
  std::uint64_t appends = 0;
  std::uint64_t copies = 0;
  std::uint64_t zone_sends = 0;
  std::uint64_t zone_receives = 0;
  std::uint64_t flushes = 0;
  std::uint64_t write_zeroes = 0;
  std::uint64_t other_commands = 0;
  std::uint64_t failed_commands = 0;  ///< of all queues
  std::uint64_t bytes_to_hosts = 0;   ///< data of commands, without headers
  std::uint64_t bytes_from_hosts = 0;
  std::uint64_t bytes_read = 0;     ///< by Read
  std::uint64_t bytes_written = 0;  ///< by Write and Zone Append
  std::uint64_t copy_ranges = 0;
  std::uint64_t copy_bytes_offloaded = 0;
  std::uint64_t copy_bytes_by_kernel = 0;
  std::uint64_t copy_bytes_emulated = 0;
  std::uint64_t copies_failed = 0;
};

struct StatisticsField {
  std::string_view name;
  std::uint64_t Statistics::*value;
};
/// All fields, in the order of the log page: each is 8 bytes there, after a version of 8 bytes.
[[nodiscard]] std::span<const StatisticsField> statistics_fields();

inline constexpr std::uint64_t statistics_log_version = 1;
inline constexpr std::size_t statistics_log_bytes = 512;
[[nodiscard]] std::vector<std::byte> encode_statistics_log(const Statistics& statistics);

/// Counts a command of an I/O queue that has ended well.
void count_io(Statistics& statistics, std::uint8_t opcode, std::uint32_t data_bytes);

}  // namespace zonecopy::target
