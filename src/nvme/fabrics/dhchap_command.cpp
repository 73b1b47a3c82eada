#include "src/nvme/fabrics/dhchap_command.h"

#include "src/nvme/fabrics/admin.h"
#include "src/nvme/fabrics/dhchap_message.h"
#include "src/nvme/fabrics/queue_entry.h"

namespace zonecopy::nvme::fabrics::dhchap {
namespace {

/// SPSP0, SPSP1 and SECP, in bytes 1, 2 and 3 of CDW10.
constexpr std::uint32_t protocol = std::uint32_t{security_protocol_specific} << 8 |
                                   std::uint32_t{security_protocol_specific} << 16 |
                                   std::uint32_t{security_protocol} << 24;
constexpr std::uint32_t reserved = 0xff;

Command make(FabricsType type, std::uint32_t size_bytes) {
  Command command;
  command.opcode = opcode_fabrics;
  command.nsid = static_cast<std::uint8_t>(type);
  command.cdw10 = protocol;
  command.cdw11 = size_bytes;
  return command;
}

}  // namespace

Command send_command(std::uint32_t size_bytes) { return make(FabricsType::authentication_send, size_bytes); }
Command receive_command(std::uint32_t size_bytes) { return make(FabricsType::authentication_receive, size_bytes); }

bool names_dhchap(const Command& command) { return (command.cdw10 & ~reserved) == protocol; }

}  // namespace zonecopy::nvme::fabrics::dhchap
