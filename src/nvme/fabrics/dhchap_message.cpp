#include "src/nvme/fabrics/dhchap_message.h"

#include <algorithm>

#include "src/base/endian.h"

namespace zonecopy::nvme::fabrics::dhchap {
namespace {

constexpr std::uint8_t common_type = 0;
constexpr std::uint8_t dhchap_type = 1;
constexpr std::uint8_t negotiate_id = 0x00;
constexpr std::uint8_t challenge_id = 0x01;
constexpr std::uint8_t reply_id = 0x02;
constexpr std::uint8_t success1_id = 0x03;
constexpr std::uint8_t success2_id = 0x04;
constexpr std::uint8_t host_failure_id = 0xf0;
constexpr std::uint8_t controller_failure_id = 0xf1;

/// Offsets. The first three are those of all messages.
enum Field : std::size_t {
  field_type = 0,
  field_id = 1,
  field_transaction = 4,
  negotiate_secure_channel = 6,
  negotiate_protocols = 7,  // NAPD
  negotiate_descriptors = 8,
  field_hash_bytes = 6,  // HL, of Challenge, Reply and Success1
  challenge_hash = 8,
  challenge_group = 9,
  challenge_dh_bytes = 10,
  challenge_sequence = 12,
  reply_challenge_valid = 8,
  reply_dh_bytes = 10,
  reply_sequence = 12,
  success1_response_valid = 8,
  field_values = 16,  // of Challenge, Reply and Success1
  failure_reason = 6,
  failure_explanation = 7,
};
constexpr std::size_t header_bytes = 8;

/// Of a protocol descriptor: identifiers of up to 30 hash functions, then of up to 30 groups.
constexpr std::size_t descriptor_bytes = 64;
constexpr std::size_t descriptor_hash_count = 2;
constexpr std::size_t descriptor_group_count = 3;
constexpr std::size_t descriptor_hashes = 4;
constexpr std::size_t descriptor_groups = 34;
constexpr std::size_t identifiers_max = 30;
constexpr std::uint8_t dhchap_protocol = 1;

constexpr std::uint8_t reason_authentication_failure = 1;

void put_byte(Bytes& bytes, std::size_t offset, std::size_t value) { bytes[offset] = static_cast<std::byte>(value); }
void append(Bytes& bytes, const Bytes& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }

Bytes begun(std::uint8_t type, std::uint8_t id, std::uint16_t transaction, std::size_t size) {
  Bytes bytes(size);
  put_byte(bytes, field_type, type);
  put_byte(bytes, field_id, id);
  put_little_endian(std::span(bytes), field_transaction, transaction);
  return bytes;
}

void put_identifiers(Bytes& bytes, std::size_t offset, const std::vector<std::uint8_t>& identifiers) {
  for (std::size_t i = 0; i < identifiers.size(); ++i) put_byte(bytes, offset + i, identifiers[i]);
}

Bytes encode_one(const Negotiate& message) {
  Bytes bytes = begun(common_type, negotiate_id, message.transaction, negotiate_descriptors + descriptor_bytes);
  put_byte(bytes, negotiate_secure_channel, message.secure_channel);
  put_byte(bytes, negotiate_protocols, 1);
  put_byte(bytes, negotiate_descriptors, dhchap_protocol);
  put_byte(bytes, negotiate_descriptors + descriptor_hash_count, message.hashes.size());
  put_byte(bytes, negotiate_descriptors + descriptor_group_count, message.groups.size());
  put_identifiers(bytes, negotiate_descriptors + descriptor_hashes, message.hashes);
  put_identifiers(bytes, negotiate_descriptors + descriptor_groups, message.groups);
  return bytes;
}

Bytes encode_one(const Challenge& message) {
  Bytes bytes = begun(dhchap_type, challenge_id, message.transaction, field_values);
  put_byte(bytes, field_hash_bytes, message.challenge.size());
  put_byte(bytes, challenge_hash, message.hash);
  put_byte(bytes, challenge_group, message.group);
  put_little_endian(std::span(bytes), challenge_dh_bytes, static_cast<std::uint16_t>(message.dh_value.size()));
  put_little_endian(std::span(bytes), challenge_sequence, message.sequence);
  append(bytes, message.challenge);
  append(bytes, message.dh_value);
  return bytes;
}

Bytes encode_one(const Reply& message) {
  Bytes bytes = begun(dhchap_type, reply_id, message.transaction, field_values);
  put_byte(bytes, field_hash_bytes, message.response.size());
  put_byte(bytes, reply_challenge_valid, message.challenge ? 1 : 0);
  put_little_endian(std::span(bytes), reply_dh_bytes, static_cast<std::uint16_t>(message.dh_value.size()));
  put_little_endian(std::span(bytes), reply_sequence, message.sequence);
  append(bytes, message.response);
  // The room for the challenge is there without one, too.
  append(bytes, message.challenge.value_or(Bytes(message.response.size())));
  append(bytes, message.dh_value);
  return bytes;
}

Bytes encode_one(const Success1& message) {
  Bytes bytes = begun(dhchap_type, success1_id, message.transaction, field_values);
  put_byte(bytes, field_hash_bytes, message.hash_size_bytes);
  put_byte(bytes, success1_response_valid, message.response ? 1 : 0);
  if (message.response) append(bytes, *message.response);
  return bytes;
}

Bytes encode_one(const Success2& message) { return begun(dhchap_type, success2_id, message.transaction, field_values); }

Bytes failure_bytes(std::uint8_t id, std::uint16_t transaction, Failure failure) {
  Bytes bytes = begun(common_type, id, transaction, header_bytes);
  put_byte(bytes, failure_reason, reason_authentication_failure);
  put_byte(bytes, failure_explanation, static_cast<std::uint8_t>(failure));
  return bytes;
}
Bytes encode_one(const ControllerFailure& message) {
  return failure_bytes(controller_failure_id, message.transaction, message.failure);
}
Bytes encode_one(const HostFailure& message) {
  return failure_bytes(host_failure_id, message.transaction, message.failure);
}

using Decoded = std::variant<Message, Failure>;
using Data = std::span<const std::byte>;

std::uint8_t byte_at(Data data, std::size_t offset) { return static_cast<std::uint8_t>(data[offset]); }
std::uint16_t transaction_in(Data data) { return little_endian<std::uint16_t>(data, field_transaction); }

/// `size` bytes from `offset` on; the caller has checked that they are there.
Bytes part(Data data, std::size_t offset, std::size_t size) {
  const Data bytes = data.subspan(offset, size);
  return {bytes.begin(), bytes.end()};
}

std::vector<std::uint8_t> identifiers(Data data, std::size_t offset, std::size_t count) {
  std::vector<std::uint8_t> numbers;
  for (std::size_t i = 0; i < count; ++i) numbers.push_back(byte_at(data, offset + i));
  return numbers;
}

Decoded decode_negotiate(Data data) {
  const std::size_t count = byte_at(data, negotiate_protocols);
  if (data.size() < negotiate_descriptors + count * descriptor_bytes) return Failure::incorrect_payload;
  for (std::size_t i = 0; i < count; ++i) {
    const Data descriptor = data.subspan(negotiate_descriptors + i * descriptor_bytes, descriptor_bytes);
    if (byte_at(descriptor, 0) != dhchap_protocol) continue;
    const std::size_t hashes = byte_at(descriptor, descriptor_hash_count);
    const std::size_t groups = byte_at(descriptor, descriptor_group_count);
    if (std::max(hashes, groups) > identifiers_max) return Failure::incorrect_payload;
    return Negotiate{transaction_in(data), byte_at(data, negotiate_secure_channel),
                     identifiers(descriptor, descriptor_hashes, hashes),
                     identifiers(descriptor, descriptor_groups, groups)};
  }
  return Failure::protocol_unusable;
}

Decoded decode_challenge(Data data) {
  const std::size_t hash = byte_at(data, field_hash_bytes);
  const std::size_t dh = little_endian<std::uint16_t>(data, challenge_dh_bytes);
  if (data.size() < field_values + hash + dh) return Failure::incorrect_payload;
  return Challenge{transaction_in(data),           byte_at(data, challenge_hash),
                   byte_at(data, challenge_group), little_endian<std::uint32_t>(data, challenge_sequence),
                   part(data, field_values, hash), part(data, field_values + hash, dh)};
}

Decoded decode_reply(Data data) {
  const std::size_t hash = byte_at(data, field_hash_bytes);
  const std::size_t dh = little_endian<std::uint16_t>(data, reply_dh_bytes);
  if (data.size() < field_values + 2 * hash + dh) return Failure::incorrect_payload;
  Reply reply;
  reply.transaction = transaction_in(data);
  reply.sequence = little_endian<std::uint32_t>(data, reply_sequence);
  reply.response = part(data, field_values, hash);
  if ((byte_at(data, reply_challenge_valid) & 1) != 0) reply.challenge = part(data, field_values + hash, hash);
  reply.dh_value = part(data, field_values + 2 * hash, dh);
  return reply;
}

Decoded decode_success1(Data data) {
  Success1 success{transaction_in(data), byte_at(data, field_hash_bytes), std::nullopt};
  if ((byte_at(data, success1_response_valid) & 1) == 0) return success;
  if (data.size() < field_values + success.hash_size_bytes) return Failure::incorrect_payload;
  success.response = part(data, field_values, success.hash_size_bytes);
  return success;
}

/// An explanation that is unknown is still a failure.
Failure explanation_in(Data data) {
  const std::uint8_t number = byte_at(data, failure_explanation);
  const bool known = number >= static_cast<std::uint8_t>(Failure::failed) &&
                     number <= static_cast<std::uint8_t>(Failure::unexpected_message);
  return known ? static_cast<Failure>(number) : Failure::failed;
}

Decoded decode_common(std::uint8_t id, Data data) {
  switch (id) {
    case negotiate_id: return decode_negotiate(data);
    case controller_failure_id: return ControllerFailure{transaction_in(data), explanation_in(data)};
    case host_failure_id: return HostFailure{transaction_in(data), explanation_in(data)};
    default: return Failure::unexpected_message;
  }
}

Decoded decode_dhchap(std::uint8_t id, Data data) {
  const bool known = id >= challenge_id && id <= success2_id;
  if (!known) return Failure::unexpected_message;
  if (data.size() < field_values) return Failure::incorrect_payload;
  switch (id) {
    case challenge_id: return decode_challenge(data);
    case reply_id: return decode_reply(data);
    case success1_id: return decode_success1(data);
    default: return Success2{transaction_in(data)};
  }
}

}  // namespace

std::string_view to_string(Failure failure) {
  switch (failure) {
    case Failure::failed: return "a response is wrong: the keys of the two sides differ";
    case Failure::protocol_unusable: return "there is no authentication protocol that both know";
    case Failure::concatenation: return "one side asks for a secure channel, and the other has none";
    case Failure::hash_unusable: return "there is no hash function that both have";
    case Failure::group_unusable: return "there is no Diffie-Hellman group that both have";
    case Failure::incorrect_payload: return "a message has a wrong field";
    case Failure::unexpected_message: return "a message came out of turn";
  }
  return "unknown failure";
}

Bytes encode(const Message& message) {
  return std::visit([](const auto& one) { return encode_one(one); }, message);
}

std::variant<Message, Failure> decode(std::span<const std::byte> data) {
  if (data.size() < header_bytes) return Failure::incorrect_payload;
  const std::uint8_t id = byte_at(data, field_id);
  switch (byte_at(data, field_type)) {
    case common_type: return decode_common(id, data);
    case dhchap_type: return decode_dhchap(id, data);
    default: return Failure::unexpected_message;
  }
}

std::uint16_t transaction_of(const Message& message) {
  return std::visit([](const auto& one) { return one.transaction; }, message);
}

}  // namespace zonecopy::nvme::fabrics::dhchap
