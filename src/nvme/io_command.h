// Decodes I/O commands of the NVM and the Zoned Namespace command set, as a controller gets them: the reverse of
// command.h. Counts are 0-based only inside the commands. Nothing is checked here: each field is what the host has sent.
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "src/nvme/command.h"

namespace zonecopy::nvme {

/// Read, Write, Zone Append and Write Zeroes, which have one layout (NVM Command Set 1.1, 3.2; ZNS 1.1, 3.4.1).
struct BlockCommand {
  Lba start_lba = 0;  ///< SLBA; ZSLBA of a Zone Append
  std::uint32_t blocks = 0;
  bool force_unit_access = false;
  std::uint8_t directive_type = 0;  ///< DTYPE; of Write Zeroes and Read not defined
};
[[nodiscard]] BlockCommand decode_block_command(const Command& command);

/// Zone Management Send (ZNS 1.1, 3.4.3).
struct ZoneSend {
  enum Action : std::uint8_t {
    close = 0x01,
    finish = 0x02,
    open = 0x03,
    reset = 0x04,
    offline = 0x05,
    set_descriptor_extension = 0x10,
    flush_random_write_area = 0x11,
  };
  Lba start_lba = 0;
  std::uint8_t action = 0;  ///< ZSA
  bool all_zones = false;   ///< Select All
  bool random_write_area = false;
};
[[nodiscard]] ZoneSend decode_zone_send(const Command& command);
/// The action of devices that ZSA asks for, where there is one.
[[nodiscard]] std::optional<ZoneAction> zone_action(std::uint8_t action);

/// Zone Management Receive (ZNS 1.1, 3.4.2).
struct ZoneReceive {
  Lba start_lba = 0;
  std::uint64_t length_bytes = 0;
  std::uint8_t action = 0;  ///< ZRA: 0 a report, 1 an extended one
  std::uint8_t filter = 0;  ///< ZRASF
  bool partial = false;     ///< the count in the header is that of the descriptors returned
};
[[nodiscard]] ZoneReceive decode_zone_receive(const Command& command);

/// Copy (NVM Command Set 1.1, 3.2.2).
struct CopyHeader {
  Lba destination_lba = 0;
  std::uint32_t ranges = 0;
  std::uint8_t format = 0;  ///< DESFMT
  std::uint8_t directive_type = 0;
  bool force_unit_access = false;
};
[[nodiscard]] CopyHeader decode_copy(const Command& command);

/// A source range of a Copy, of descriptor format 0 or 2.
struct CopySource {
  std::uint32_t nsid = 0;  ///< SNSID; of format 0 what the host left there
  Lba start_lba = 0;
  std::uint32_t blocks = 0;
  bool fast_copy_only = false;  ///< FCO of format 2; of format 0 reserved
};
/// One for each 32 bytes of `list`.
[[nodiscard]] std::vector<CopySource> decode_copy_sources(std::span<const std::byte> list);

}  // namespace zonecopy::nvme
