// Boost.Asio's TLS, once for the whole program.
#include <boost/asio/ssl/impl/src.hpp>
