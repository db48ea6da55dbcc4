import com.fasterxml.jackson.databind.*;
import java.net.URI;
import java.net.http.*;
import java.time.Duration;
import java.util.*;
import java.util.concurrent.*;

/** A client of Latchkey, with Jackson. One for the whole program: its threads share the connections. */
public final class Latchkey {
    /** It is not known whether the credential is good. Let nobody in: answer 503 with Retry-After. */
    public static final class Undecided extends Exception {
        public final long retryAfter; // seconds; 0 if unknown
        private final boolean again;
        Undecided(String why, long retryAfter, boolean again) {
            super("Latchkey has not decided: " + why);
            this.retryAfter = retryAfter;
            this.again = again;
        }
    }
    private static final ObjectMapper JSON = new ObjectMapper();
    private final String url;
    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(Duration.ofMillis(500)).proxy(HttpClient.Builder.NO_PROXY).build();

    public Latchkey(String url) { this.url = url; }

    /** The verdict. The credential is good only if "valid" is true. Verifying changes nothing, so a question
     *  is safe to repeat, also one whose answer was lost with a kept connection. */
    public JsonNode ask(String endpoint, Map<String, ?> question) throws Exception {
        long ends = System.nanoTime() + 3_000_000_000L;
        var request = HttpRequest.newBuilder(URI.create(url + "/api/v1/auth/" + endpoint))
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(question))).build();
        for (int attempt = 1; ; attempt++) {
            try {
                return exchange(request, Math.min(1500, (ends - System.nanoTime()) / 1_000_000));
            } catch (Undecided undecided) {
                long wait = Math.max(1000 * undecided.retryAfter, 50L << attempt);
                wait += ThreadLocalRandom.current().nextLong(wait / 4); // not all callers come back at once
                boolean again = undecided.again && attempt < 3;
                if (!again || System.nanoTime() + wait * 1_000_000 >= ends) throw undecided;
                Thread.sleep(wait);
            }
        }
    }

    private JsonNode exchange(HttpRequest request, long ms) throws Exception {
        var sent = http.sendAsync(request, HttpResponse.BodyHandlers.ofString());
        try {
            var answer = sent.get(ms, TimeUnit.MILLISECONDS); // from connecting to the last byte
            int status = answer.statusCode();
            if (status == 200) return JSON.readTree(answer.body());
            if (status != 429 && status < 500) // a mistake in this program
                throw new IllegalStateException("Latchkey does not take the question: " + status);
            var after = answer.headers().firstValue("Retry-After").filter(text -> text.matches("\\d{1,9}"));
            throw new Undecided("" + status, Long.parseLong(after.orElse("1")), status == 503);
        } catch (ExecutionException | TimeoutException error) {
            sent.cancel(true);
            throw new Undecided("" + Objects.requireNonNullElse(error.getCause(), error), 0, true);
        }
    }

    public static void main(String[] arguments) throws Exception {
        var latchkey = new Latchkey(System.getenv("LATCHKEY_URL"));
        String key = System.getenv("DEMO_API_KEY"), token = System.getenv("DEMO_TOKEN");
        var out = System.out;
        out.println("key: " + latchkey.ask("verify-api-key", Map.of("api_key", key)).get("code").asText());
        out.println("token: " + latchkey.ask("verify-token", Map.of("token", token)).get("code").asText());
        var items = List.of(Map.of("type", "api_key", "api_key", key),
                Map.of("type", "token", "token", token), Map.of("type", "api_key", "api_key", "wrong"));
        out.print("batch:");
        for (var verdict : latchkey.ask("verify-batch", Map.of("items", items)).get("results"))
            out.print(" " + verdict.get("code").asText());
        for (int i = 0; i < 20; i++) latchkey.ask("verify-api-key", Map.of("api_key", key));
        var metrics = HttpRequest.newBuilder(URI.create(latchkey.url + "/metrics")).build();
        latchkey.http.send(metrics, HttpResponse.BodyHandlers.ofLines()).body()
                .filter(line -> line.startsWith("auth_connections ")) // HttpClient itself does not tell
                .forEach(line -> out.println("\n23 questions, open at Latchkey: " + line));
    }
}
