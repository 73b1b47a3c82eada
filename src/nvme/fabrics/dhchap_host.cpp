#include "src/nvme/fabrics/dhchap_host.h"

#include <algorithm>
#include <utility>

#include "src/nvme/fabrics/dhchap_random.h"

namespace zonecopy::nvme::fabrics::dhchap {
namespace {

template <typename Value>
bool contains(const std::vector<Value>& values, Value value) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

template <typename Value>
std::vector<std::uint8_t> identifiers(const std::vector<Value>& values) {
  std::vector<std::uint8_t> numbers;
  for (const Value value : values) numbers.push_back(static_cast<std::uint8_t>(value));
  return numbers;
}

}  // namespace

Host::Host(const HostSide& side, std::uint16_t transaction, Randomness randomness)
    : side_(side), transaction_(transaction), randomness_(std::move(randomness)) {}

Bytes Host::begin() { return encode(Negotiate{transaction_, 0, identifiers(side_.hashes), identifiers(side_.groups)}); }

Step Host::receive(std::span<const std::byte> data) {
  const Waiting waiting = std::exchange(waiting_, Waiting::nothing);
  const std::variant<Message, Failure> decoded = decode(data);
  if (const auto* const wrong = std::get_if<Failure>(&decoded)) return fail(*wrong);
  const auto& message = std::get<Message>(decoded);
  if (const auto* const failure = std::get_if<ControllerFailure>(&message)) {
    // After the end, too: a failure is never answered by one.
    return {{}, Outcome::failed, failure->failure, true};
  }
  if (waiting == Waiting::nothing) return fail(Failure::unexpected_message);
  const auto* const challenge = std::get_if<Challenge>(&message);
  const auto* const success = std::get_if<Success1>(&message);
  const bool in_turn = waiting == Waiting::challenge ? challenge != nullptr : success != nullptr;
  if (!in_turn) return fail(Failure::unexpected_message);
  if (transaction_of(message) != transaction_) return fail(Failure::incorrect_payload);
  return challenge != nullptr ? take(*challenge) : take(*success);
}

/// Only what was offered can be chosen.
std::optional<Failure> Host::choose(const Challenge& challenge) {
  hash_ = hash_of(challenge.hash);
  if (!hash_ || !contains(side_.hashes, *hash_)) return Failure::hash_unusable;
  if (challenge.challenge.size() != hash_bytes(*hash_)) return Failure::incorrect_payload;
  group_ = group_of(challenge.group);
  if (!group_ || !contains(side_.groups, *group_)) return Failure::group_unusable;
  const bool has_value = !challenge.dh_value.empty();
  if (has_value != (*group_ != DhGroup::null)) return Failure::incorrect_payload;
  return std::nullopt;
}

std::optional<Failure> Host::exchange(const Challenge& challenge, Reply& reply) {
  if (*group_ == DhGroup::null) return std::nullopt;
  const Secret exponent = random_secret(randomness_, exponent_bytes);
  Result<Secret> secret = shared_secret(*group_, exponent.bytes(), challenge.dh_value);
  if (!secret) return secret.error().code() == EINVAL ? Failure::incorrect_payload : Failure::failed;
  Result<Bytes> value = public_value(*group_, exponent.bytes());
  if (!value) return Failure::failed;
  shared_secret_ = std::move(*secret);
  reply.dh_value = std::move(*value);
  return std::nullopt;
}

Step Host::take(const Challenge& challenge) {
  Reply reply;
  reply.transaction = transaction_;
  std::optional<Failure> failure = choose(challenge);
  if (!failure) failure = exchange(challenge, reply);
  if (failure) return fail(*failure);
  const std::span<const std::byte> secret = std::as_const(shared_secret_).bytes();
  const Question theirs{*hash_, challenge.challenge, secret, challenge.sequence, transaction_};
  const Result<Bytes> response = host_response(theirs, side_.key.bytes(), side_.parties);
  if (!response) return fail(Failure::failed);
  reply.response = *response;
  reply.sequence = random_sequence(randomness_);
  if (side_.controller_key) {
    reply.challenge = random_challenge(randomness_, *hash_);
    const Question own{*hash_, *reply.challenge, secret, reply.sequence, transaction_};
    Result<Bytes> expected = controller_response(own, side_.controller_key->bytes(), side_.parties);
    if (!expected) return fail(Failure::failed);
    expected_response_ = std::move(*expected);
  }
  waiting_ = Waiting::success;
  return {encode(reply), Outcome::going_on, std::nullopt, false};
}

Step Host::take(const Success1& success) {
  if (success.hash_size_bytes != hash_bytes(*hash_)) return fail(Failure::incorrect_payload);
  if (expected_response_.empty()) {
    // A response that nobody asked for answers somebody else's question.
    if (success.response) return fail(Failure::incorrect_payload);
    return {{}, Outcome::authenticated, std::nullopt, false};
  }
  if (!success.response || !same_bytes(*success.response, expected_response_)) return fail(Failure::failed);
  return {encode(Success2{transaction_}), Outcome::authenticated, std::nullopt, false};
}

Step Host::fail(Failure failure) {
  waiting_ = Waiting::nothing;
  return {encode(HostFailure{transaction_, failure}), Outcome::failed, failure, false};
}

}  // namespace zonecopy::nvme::fabrics::dhchap
