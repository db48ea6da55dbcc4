#pragma once

#include <latchkey/http/exchange.hpp>

namespace latchkey::api {

class public_api;

void show_docs(http::exchange&, public_api&);
void show_docs_style(http::exchange&, public_api&);
void show_docs_script(http::exchange&, public_api&);
/// The page, at a path where Accept decides between it and another form.
void show_docs_by_accept(http::exchange&, public_api&);

/// Prepares what the worker serves of it.
void keep_docs(public_api&);

} // namespace latchkey::api
