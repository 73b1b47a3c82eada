#include "tests/fuzz/target/conversation.h"

#include <algorithm>

#include "src/nvme/fabrics/admin.h"
#include "src/nvme/fabrics/connect.h"
#include "src/nvme/fabrics/digest.h"
#include "src/nvme/fabrics/log_pages.h"
#include "src/nvme/fabrics/nqn.h"
#include "src/nvme/fabrics/pdu.h"
#include "src/nvme/fabrics/properties.h"

namespace zonecopy::test {
namespace {

using namespace nvme::fabrics;
using Bytes = std::vector<std::byte>;

class Speaker {
 public:
  Speaker(Random& random, const Conversing& with) : random_(random), with_(with) {}

  std::vector<Bytes> speak() {
    const Digests digests{.header = random_.percent(20), .data = random_.percent(20)};
    format_.digests = digests;
    const EncodedPdu request = encode(
        IcRequest{.host_alignment = static_cast<std::uint8_t>(random_.below(32)), .digests = digests, .max_r2t = 1});
    add(request, {});
    const bool io = random_.percent(60);
    connect(io);
    if (!io) command(property_set(property_configuration, 0x0046'0061), {});
    for (std::uint64_t left = random_.below(12); left > 0; --left) io ? say_io() : say_admin();
    return std::move(pdus_);
  }

 private:
  void add(const EncodedPdu& pdu, const Bytes& data) {
    Bytes bytes(pdu.bytes().begin(), pdu.bytes().end());
    bytes.insert(bytes.end(), data.begin(), data.end());
    if (pdu.data_digest()) {
      const std::uint32_t digest = digest_of(data);
      for (unsigned i = 0; i < 4; ++i) bytes.push_back(static_cast<std::byte>(digest >> (8 * i)));
    }
    pdus_.push_back(std::move(bytes));
  }

  Bytes data_of(std::size_t bytes) {
    Bytes data(bytes);
    for (std::byte& byte : data) byte = static_cast<std::byte>(random_.next());
    return data;
  }

  /// `asked_for_bytes`: of data that goes in H2CData PDUs, for which the target's R2T is not waited.
  void command(nvme::Command command, const Bytes& capsule, std::uint32_t length_bytes = 0,
               std::uint32_t asked_for_bytes = 0) {
    SubmissionEntry entry{.command = command, .command_id = static_cast<std::uint16_t>(random_.below(40)), .sgl = {}};
    if (!random_.percent(10)) entry.command_id = next_id_++;
    entry.sgl.identifier = capsule.empty() ? sgl_transport : sgl_in_capsule;
    entry.sgl.length_bytes =
        capsule.empty() ? length_bytes + asked_for_bytes : static_cast<std::uint32_t>(capsule.size());
    add(encode(entry, static_cast<std::uint32_t>(capsule.size()), format_), capsule);
    if (asked_for_bytes != 0) send_data(entry.command_id, asked_for_bytes);
  }

  void send_data(std::uint16_t command_id, std::uint32_t bytes) {
    const auto tag = static_cast<std::uint16_t>(random_.percent(70) ? 31 : random_.below(34));
    std::uint32_t offset = 0;
    while (offset < bytes) {
      const std::uint32_t part_bytes = random_.percent(50) ? bytes - offset : std::min(bytes - offset, 2048U);
      const DataPdu part{.command_id = command_id,
                         .transfer_tag = tag,
                         .offset_bytes = offset,
                         .length_bytes = part_bytes,
                         .last = offset + part_bytes == bytes};
      add(encode(part, Side::host, format_), data_of(part_bytes));
      offset += part_bytes;
    }
  }

  void connect(bool io) {
    const bool discovery = !io && random_.percent(20);
    ConnectData names{.host_id = {},
                      .controller_id = io ? with_.controller_id : any_controller_id,
                      .subsystem_nqn = discovery ? std::string(discovery_nqn) : with_.subsystem_nqn,
                      .host_nqn = "nqn.2014-08.org.example:host"};
    names.host_id.back() = io ? std::byte{1} : static_cast<std::byte>(random_.below(4));
    const ConnectParameters parameters{.record_format = 0,
                                       .queue_id = io ? with_.queue_id : std::uint16_t{0},
                                       .queue_size = 31,
                                       .attributes = static_cast<std::uint8_t>(random_.percent(70) ? 4 : 0),
                                       .keep_alive_ms = 0};
    const auto data = encode_connect_data(names);
    command(connect_command(parameters), Bytes(data.begin(), data.end()));
  }

  void say_admin() {
    nvme::Command admin;
    admin.nsid = static_cast<std::uint32_t>(random_.below(4));
    admin.cdw10 = static_cast<std::uint32_t>(random_.below(0x20));
    admin.cdw11 = static_cast<std::uint32_t>(random_.below(3)) << 24;
    const std::uint8_t opcodes[] = {0x06, 0x02, 0x08, 0x09, 0x0a, 0x0c, 0x18, 0x7f};
    admin.opcode = opcodes[random_.below(std::size(opcodes))];
    if (admin.opcode == 0x06) return command(admin, {}, 4096);
    if (admin.opcode == 0x02) {
      const std::uint8_t pages[] = {1, 2, 3, 5, 0x70, 0xc0};
      const auto bytes = static_cast<std::uint32_t>(random_.between(1, 1024) * 4);
      return command(get_log_page(pages[random_.below(std::size(pages))], 2, bytes, random_.below(64) * 64), {}, bytes);
    }
    if (admin.opcode == 0x09 && random_.percent(30)) {
      admin.cdw10 = 0x16;
      return command(admin, data_of(512));
    }
    if (admin.opcode != 0x7f) return command(admin, {}, random_.percent(20) ? 512 : 0);
    if (random_.percent(50))
      return command(property_get(static_cast<std::uint32_t>(random_.below(8) * 4), random_.percent(30)), {});
    command(property_set(property_configuration,
                         static_cast<std::uint32_t>(random_.percent(50) ? 0x0046'0060 : 0x0046'4061)),
            {});
  }

  void say_io() {
    const std::uint64_t lba =
        random_.percent(50) ? random_.below(with_.blocks / 16) * 16 : random_.below(with_.blocks + 4);
    const auto blocks = static_cast<std::uint32_t>(random_.between(1, 4));
    const std::uint32_t bytes = blocks * with_.block_bytes;
    nvme::Command io;
    io.nsid = static_cast<std::uint32_t>(random_.between(1, with_.namespaces + 1));
    io.cdw10 = static_cast<std::uint32_t>(lba);
    io.cdw12 = blocks - 1;
    const std::uint8_t opcodes[] = {0x00, 0x01, 0x02, 0x08, 0x19, 0x79, 0x7a, 0x7d, 0x01, 0x7d};
    io.opcode = opcodes[random_.below(std::size(opcodes))];
    switch (io.opcode) {
      case 0x01:
      case 0x7d:
        if (blocks <= 2 && random_.percent(60)) return command(io, data_of(bytes));
        return command(io, {}, 0, bytes);
      case 0x02: return command(io, {}, bytes);
      case 0x19: return command(io, copy_list(io));
      case 0x79:
        io.cdw13 = static_cast<std::uint32_t>(random_.below(6) | random_.below(2) << 8);
        return command(io, {});
      case 0x7a:
        io.cdw12 = bytes / 4 - 1;
        io.cdw13 = static_cast<std::uint32_t>(random_.below(8) << 8 | random_.below(2) << 16);
        return command(io, {}, bytes);
      default: return command(io, {});
    }
  }

  Bytes copy_list(nvme::Command& io) {
    const std::uint64_t ranges = random_.between(1, 8);
    const std::uint64_t format = random_.percent(30) ? 2 : 0;
    io.cdw12 = static_cast<std::uint32_t>((ranges - 1) | format << 8);
    Bytes list(ranges * 32);
    for (std::uint64_t i = 0; i < ranges; ++i) {
      if (format == 2) list[i * 32] = static_cast<std::byte>(random_.between(1, with_.namespaces + 1));
      list[i * 32 + 8] = static_cast<std::byte>(random_.below(with_.blocks));
      list[i * 32 + 16] = static_cast<std::byte>(random_.below(6));
    }
    return list;
  }

  Random& random_;
  const Conversing& with_;
  PduFormat format_;
  std::vector<Bytes> pdus_;
  std::uint16_t next_id_ = 100;
};

void damage_bytes(Random& random, Bytes& pdu) {
  // Headers are where the decisions are.
  const std::size_t reach = random.percent(70) ? std::min<std::size_t>(pdu.size(), 72) : pdu.size();
  std::byte& byte = pdu[random.below(reach)];
  switch (random.below(3)) {
    case 0: byte ^= static_cast<std::byte>(1U << random.below(8)); break;
    case 1: byte = static_cast<std::byte>(random.next()); break;
    default: byte = random.percent(50) ? std::byte{0} : std::byte{0xff}; break;
  }
}

void damage(Random& random, std::vector<Bytes>& pdus) {
  const std::size_t at = random.below(pdus.size());
  switch (random.below(8)) {
    case 0: pdus.erase(pdus.begin() + static_cast<std::ptrdiff_t>(at)); break;
    case 1: pdus.insert(pdus.begin() + static_cast<std::ptrdiff_t>(at), pdus[at]); break;
    case 2: std::swap(pdus[at], pdus[random.below(pdus.size())]); break;
    case 3: pdus[at].resize(random.below(pdus[at].size() + 1)); break;
    case 4: pdus[at].insert(pdus[at].end(), random.below(40), static_cast<std::byte>(random.next())); break;
    default: {
      for (std::uint64_t left = random.between(1, 4); left > 0 && !pdus[at].empty(); --left)
        damage_bytes(random, pdus[at]);
      break;
    }
  }
}

}  // namespace

std::vector<std::byte> make_conversation(Random& random, const Conversing& with) {
  std::vector<Bytes> pdus = Speaker(random, with).speak();
  for (std::uint64_t left = random.below(4); left > 0 && !pdus.empty(); --left) damage(random, pdus);
  Bytes all;
  for (const Bytes& pdu : pdus) all.insert(all.end(), pdu.begin(), pdu.end());
  if (random.percent(20)) all.resize(random.below(all.size() + 1));
  return all;
}

}  // namespace zonecopy::test
