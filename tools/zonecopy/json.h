// How the subcommands print JSON, and say in JSON that they failed.
#pragma once

#include <nlohmann/json.hpp>

#include "zonecopy/result.h"

namespace zonecopy::tools {

using Json = nlohmann::ordered_json;

/// On standard output; bytes that are no UTF-8 are replaced.
void print_json(const Json& json);

/// Members "error", the text for a person, and "errno", its name; both null where nothing failed.
void add_error(Json& json, const Error* error);

/// A refusal: one line on standard error, and where `json` is asked for an object with the two members above on standard
/// output too. Returns the exit status.
int refuse(const Error& error, bool json);

}  // namespace zonecopy::tools
