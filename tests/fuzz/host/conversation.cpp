#include "tests/fuzz/host/conversation.h"

#include <array>

#include "src/base/endian.h"
#include "src/nvme/fabrics/digest.h"

namespace zonecopy::test {
namespace {

namespace fabrics = nvme::fabrics;

/// A value that a field may have, mostly `usual`.
template <typename Integer>
Integer chosen(Random& random, Integer usual) {
  switch (random.below(400)) {
    case 0: return 0;
    case 1: return static_cast<Integer>(~Integer{0});
    case 2: return static_cast<Integer>(usual + 1);
    case 3: return static_cast<Integer>(usual - 1);
    case 4: return static_cast<Integer>(random.next());
    case 5: return static_cast<Integer>(usual ^ (Integer{1} << random.below(8 * sizeof(Integer))));
    default: return usual;
  }
}

class Speaker {
 public:
  Speaker(Random& random, const fabrics::Digests& digests, std::vector<std::byte>& said, std::uint32_t data_bytes)
      : random_(random), said_(said), data_bytes_(data_bytes) {
    format_.digests = digests;
  }

  void handshake() {
    fabrics::IcResponse response;
    response.digests = random_.percent(97) ? format_.digests : fabrics::Digests{true, false};
    response.controller_alignment = chosen<std::uint8_t>(random_, 0);
    response.data_max_bytes = chosen<std::uint32_t>(random_, 4096);
    put(fabrics::encode(response), {});
  }

  void response(std::uint16_t id) {
    fabrics::CompletionEntry entry;
    entry.command_id = chosen(random_, id);
    entry.status = chosen<std::uint16_t>(random_, 0);
    entry.result = random_.next();
    put(fabrics::encode(entry, format_), {});
  }

  /// The data of a read, in parts.
  void data(std::uint16_t id, bool success) {
    for (std::uint32_t offset = 0; offset < data_bytes_;) {
      fabrics::DataPdu pdu;
      auto part = static_cast<std::uint32_t>(random_.between(1, data_bytes_ - offset));
      if (random_.percent(3)) part += 512;  // it may be more than there is room for
      pdu.command_id = chosen(random_, id);
      pdu.offset_bytes = chosen(random_, offset);
      pdu.length_bytes = part;
      pdu.last = offset + part >= data_bytes_ || random_.percent(2);
      pdu.success = pdu.last && success;
      const std::vector<std::byte> bytes(part, static_cast<std::byte>(id));
      put(fabrics::encode(pdu, fabrics::Side::controller, format_), bytes);
      offset += part;
    }
  }

  void ready(std::uint16_t id) {
    for (std::uint32_t offset = 0; offset < data_bytes_;) {
      fabrics::ReadyToTransfer pdu;
      const auto part = static_cast<std::uint32_t>(random_.between(1, data_bytes_ - offset));
      pdu.command_id = chosen(random_, id);
      pdu.transfer_tag = static_cast<std::uint16_t>(random_.next());
      pdu.offset_bytes = chosen(random_, offset);
      pdu.length_bytes = chosen(random_, part);
      put(fabrics::encode(pdu, format_), {});
      offset += part;
    }
  }

  void termination() {
    const std::vector<std::byte> header(random_.below(129));
    const fabrics::FatalError error{static_cast<fabrics::FatalStatus>(random_.below(9)),
                                    static_cast<std::uint32_t>(random_.next())};
    put(fabrics::encode(fabrics::Termination{error}, fabrics::Side::controller, header.size()), header);
  }

 private:
  void put(const fabrics::EncodedPdu& pdu, const std::vector<std::byte>& data) {
    said_.insert(said_.end(), pdu.bytes().begin(), pdu.bytes().end());
    said_.insert(said_.end(), data.begin(), data.end());
    if (!pdu.data_digest()) return;
    std::array<std::byte, fabrics::digest_bytes> digest{};
    put_little_endian(std::span<std::byte>(digest), 0, chosen(random_, fabrics::digest_of(data)));
    said_.insert(said_.end(), digest.begin(), digest.end());
  }

  Random& random_;
  std::vector<std::byte>& said_;
  std::uint32_t data_bytes_;
  fabrics::PduFormat format_;
};

/// Changes bytes wherever they are.
void mutate(Random& random, std::vector<std::byte>& bytes) {
  if (bytes.empty() || random.percent(60)) return;
  for (std::uint64_t i = random.between(1, 3); i > 0; --i) {
    const std::size_t at = random.below(bytes.size());
    const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
    switch (random.below(5)) {
      case 0: *place = static_cast<std::byte>(random.next()); break;
      case 1: *place ^= static_cast<std::byte>(1U << random.below(8)); break;
      case 2: bytes.insert(place, static_cast<std::byte>(random.next())); break;
      case 3: bytes.erase(place); break;
      default: bytes.resize(at); break;
    }
    if (bytes.empty()) return;
  }
}

}  // namespace

Conversation make_conversation(Random& random, const std::vector<std::uint16_t>& command_ids,
                               std::uint32_t data_bytes) {
  Conversation conversation;
  conversation.digests = {random.percent(30), random.percent(30)};
  Speaker(random, conversation.digests, conversation.greeting, data_bytes).handshake();
  Speaker speaker(random, conversation.digests, conversation.answers, data_bytes);
  for (std::size_t i = 0; i < command_ids.size(); ++i) {
    const std::uint16_t id = command_ids[i];
    const bool by_flag = random.percent(50);
    if (i % 2 == 0 && random.percent(95)) speaker.data(id, by_flag);
    if (i % 2 == 1 && random.percent(95)) speaker.ready(id);
    if (i % 2 == 1 || !by_flag || random.percent(5)) speaker.response(id);
    if (random.percent(2)) speaker.termination();
  }
  if (random.percent(10)) mutate(random, conversation.greeting);
  mutate(random, conversation.answers);
  return conversation;
}

}  // namespace zonecopy::test
