#include "src/nvme/fabrics/dhchap_controller.h"

#include <algorithm>
#include <utility>

#include "src/nvme/fabrics/dhchap_random.h"

namespace zonecopy::nvme::fabrics::dhchap {
namespace {

/// The first of `own` that is among `offered`.
template <typename Value>
std::optional<Value> first_common(const std::vector<Value>& own, const std::vector<std::uint8_t>& offered) {
  for (const Value value : own) {
    const auto identifier = static_cast<std::uint8_t>(value);
    if (std::find(offered.begin(), offered.end(), identifier) != offered.end()) return value;
  }
  return std::nullopt;
}

}  // namespace

Controller::Controller(const ControllerSide& side, Randomness randomness)
    : side_(side), randomness_(std::move(randomness)) {}

Step Controller::receive(std::span<const std::byte> data) {
  const Waiting waiting = std::exchange(waiting_, Waiting::nothing);
  const std::variant<Message, Failure> decoded = decode(data);
  if (const auto* const wrong = std::get_if<Failure>(&decoded)) return fail(*wrong);
  const auto& message = std::get<Message>(decoded);
  if (const auto* const failure = std::get_if<HostFailure>(&message)) {
    // After the end, too: a failure is never answered by one.
    return {{}, Outcome::failed, failure->failure, true};
  }
  if (waiting == Waiting::nothing) return fail(Failure::unexpected_message);
  if (waiting == Waiting::negotiate) {
    // So that a failure names the transaction, whatever this message is.
    transaction_ = transaction_of(message);
  }
  return take_in_turn(waiting, message);
}

Step Controller::take_in_turn(Waiting waiting, const Message& message) {
  const auto* const negotiate = std::get_if<Negotiate>(&message);
  if (waiting == Waiting::negotiate && negotiate != nullptr) return take(*negotiate);
  const auto* const reply = std::get_if<Reply>(&message);
  const bool success = std::holds_alternative<Success2>(message);
  const bool in_turn = (waiting == Waiting::reply && reply != nullptr) || (waiting == Waiting::success && success);
  if (!in_turn) return fail(Failure::unexpected_message);
  if (transaction_of(message) != transaction_) return fail(Failure::incorrect_payload);
  if (reply != nullptr) return take(*reply);
  return {{}, Outcome::authenticated, std::nullopt, false};
}

std::optional<Failure> Controller::choose(const Negotiate& negotiate) {
  if (negotiate.secure_channel != 0) return Failure::concatenation;
  hash_ = first_common(side_.hashes, negotiate.hashes);
  if (!hash_) return Failure::hash_unusable;
  group_ = first_common(side_.groups, negotiate.groups);
  if (!group_) return Failure::group_unusable;
  return std::nullopt;
}

Step Controller::take(const Negotiate& negotiate) {
  const std::optional<Failure> failure = choose(negotiate);
  if (failure) return fail(*failure);
  Challenge challenge{transaction_, static_cast<std::uint8_t>(*hash_), static_cast<std::uint8_t>(*group_), 0, {}, {}};
  challenge_ = random_challenge(randomness_, *hash_);
  sequence_ = random_sequence(randomness_);
  challenge.challenge = challenge_;
  challenge.sequence = sequence_;
  if (*group_ != DhGroup::null) {
    exponent_ = random_secret(randomness_, exponent_bytes);
    Result<Bytes> value = public_value(*group_, std::as_const(exponent_).bytes());
    if (!value) return fail(Failure::failed);
    challenge.dh_value = std::move(*value);
  }
  waiting_ = Waiting::reply;
  return {encode(challenge), Outcome::going_on, std::nullopt, false};
}

std::optional<Failure> Controller::check_payload(const Reply& reply) const {
  if (reply.response.size() != hash_bytes(*hash_)) return Failure::incorrect_payload;
  const bool has_value = !reply.dh_value.empty();
  if (has_value != (*group_ != DhGroup::null)) return Failure::incorrect_payload;
  return std::nullopt;
}

std::optional<Failure> Controller::exchange(const Reply& reply) {
  if (*group_ == DhGroup::null) return std::nullopt;
  Result<Secret> secret = shared_secret(*group_, std::as_const(exponent_).bytes(), reply.dh_value);
  if (!secret) return secret.error().code() == EINVAL ? Failure::incorrect_payload : Failure::failed;
  shared_secret_ = std::move(*secret);
  return std::nullopt;
}

/// A host without a key takes as long as one with a wrong key.
std::optional<Failure> Controller::check_response(const Reply& reply) {
  const Secret nobodys = random_secret(randomness_, hash_bytes(*hash_));
  const Secret& key = side_.host_key ? *side_.host_key : nobodys;
  const Question question{*hash_, challenge_, std::as_const(shared_secret_).bytes(), sequence_, transaction_};
  const Result<Bytes> expected = host_response(question, key.bytes(), side_.parties);
  const bool right = expected && same_bytes(*expected, reply.response) && side_.host_key;
  return right ? std::nullopt : std::optional(Failure::failed);
}

Step Controller::take(const Reply& reply) {
  std::optional<Failure> failure = check_payload(reply);
  if (!failure) failure = exchange(reply);
  if (!failure) failure = check_response(reply);
  if (failure) return fail(*failure);
  const bool proof_wanted = reply.challenge && reply.sequence != 0;
  if (proof_wanted) return prove(reply);
  const Success1 success{transaction_, static_cast<std::uint8_t>(hash_bytes(*hash_)), std::nullopt};
  return {encode(success), Outcome::authenticated, std::nullopt, false};
}

Step Controller::prove(const Reply& reply) {
  if (!side_.own_key) return fail(Failure::failed);
  const Question question{*hash_, *reply.challenge, std::as_const(shared_secret_).bytes(), reply.sequence,
                          transaction_};
  const Result<Bytes> response = controller_response(question, side_.own_key->bytes(), side_.parties);
  if (!response) return fail(Failure::failed);
  waiting_ = Waiting::success;
  const Success1 success{transaction_, static_cast<std::uint8_t>(hash_bytes(*hash_)), *response};
  return {encode(success), Outcome::going_on, std::nullopt, false};
}

Step Controller::fail(Failure failure) {
  waiting_ = Waiting::nothing;
  return {encode(ControllerFailure{transaction_, failure}), Outcome::failed, failure, false};
}

}  // namespace zonecopy::nvme::fabrics::dhchap
