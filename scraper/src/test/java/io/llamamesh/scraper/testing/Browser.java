package io.llamamesh.scraper.testing;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A headless Chromium with one tab, driven over its DevTools protocol: keys arrive as those of a
 * person do.
 *
 * <p>Owns the process; {@link #close} ends it.
 */
public final class Browser {
  /** Held by who starts one: two would want both cores. */
  public static final String LOCK = "browser";

  /** Where Debian has it. */
  public static final Path CHROMIUM = Path.of("/usr/bin/chromium");

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final ObjectMapper json = new ObjectMapper();
  private final Process process;
  private final HttpClient http = HttpClient.newHttpClient();
  private final WebSocket socket;
  private final AtomicInteger ids = new AtomicInteger();
  private final Map<Integer, CompletableFuture<JsonNode>> answers = new ConcurrentHashMap<>();

  /** Starts it with its profile in a folder. */
  public Browser(Path folder, int width, int height) throws IOException, InterruptedException {
    Path profile = Files.createTempDirectory(folder, "browser");
    this.process =
        new ProcessBuilder(
                CHROMIUM.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--remote-debugging-port=0",
                "--user-data-dir=" + profile,
                "--window-size=" + width + "," + height,
                "about:blank")
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    Path port = profile.resolve("DevToolsActivePort");
    await().atMost(PATIENCE).until(() -> Files.exists(port) && Files.size(port) > 0);
    String debugger = "http://127.0.0.1:" + Files.readAllLines(port).getFirst();
    String tab = await().atMost(PATIENCE).until(() -> tab(debugger), found -> !found.isEmpty());
    this.socket = http.newWebSocketBuilder().buildAsync(URI.create(tab), new Listener()).join();
    call("Page.enable", Map.of());
  }

  /** Shows another page; does not wait for what its scripts do. */
  public void open(String url) {
    eval("globalThis.before = true");
    call("Page.navigate", Map.of("url", url));
    // Else what is looked for may be found on the page before.
    await()
        .atMost(PATIENCE)
        .until(() -> eval("typeof before + document.readyState").equals("undefinedcomplete"));
  }

  /** The value of an expression in the page, as text; empty where it fails. */
  public String eval(String expression) {
    return call("Runtime.evaluate", Map.of("expression", expression, "returnByValue", true))
        .at("/result/value")
        .asText();
  }

  /** The visible text of an element. */
  public String text(String id) {
    return eval("document.getElementById('" + id + "')?.innerText ?? ''");
  }

  /** Presses a key, named as in {@code KeyboardEvent.key}. */
  public void key(String key) {
    int code =
        switch (key) {
          case "Tab" -> 9;
          case "Enter" -> 13;
          case "Escape" -> 27;
          case "ArrowLeft" -> 37;
          case "ArrowUp" -> 38;
          case "ArrowRight" -> 39;
          case "ArrowDown" -> 40;
          default -> key.charAt(0);
        };
    for (String type : List.of("rawKeyDown", "keyUp")) {
      call(
          "Input.dispatchKeyEvent",
          Map.of("type", type, "key", key, "code", key, "windowsVirtualKeyCode", code));
    }
  }

  /** Types text where the focus is. */
  public void type(String text) {
    call("Input.insertText", Map.of("text", text));
  }

  /** Makes the window that large, as if it were a phone's. */
  public void resize(int width, int height) {
    call(
        "Emulation.setDeviceMetricsOverride",
        Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
  }

  /** A picture of what is seen, as PNG. */
  public byte[] picture() {
    return Base64.getDecoder()
        .decode(call("Page.captureScreenshot", Map.of("format", "png")).path("data").asText());
  }

  /** Ends it, and the processes it has made: one that still writes its profile keeps the folder. */
  public void close() throws InterruptedException {
    socket.abort();
    http.shutdownNow();
    List<ProcessHandle> made = process.descendants().toList();
    process.destroy();
    if (!process.waitFor(10, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
    }
    made.forEach(ProcessHandle::destroyForcibly);
    await()
        .atMost(Duration.ofSeconds(10))
        .until(() -> made.stream().noneMatch(ProcessHandle::isAlive));
  }

  private String tab(String debugger) throws IOException, InterruptedException {
    HttpResponse<String> tabs =
        http.send(
            HttpRequest.newBuilder(URI.create(debugger + "/json/list")).build(),
            HttpResponse.BodyHandlers.ofString());
    for (JsonNode tab : json.readTree(tabs.body())) {
      if (tab.path("type").asText().equals("page")) {
        return tab.path("webSocketDebuggerUrl").asText();
      }
    }
    return "";
  }

  private JsonNode call(String method, Map<String, Object> parameters) {
    int id = ids.incrementAndGet();
    CompletableFuture<JsonNode> answer = new CompletableFuture<>();
    answers.put(id, answer);
    ObjectNode message = json.createObjectNode().put("id", id).put("method", method);
    message.set("params", json.valueToTree(parameters));
    socket.sendText(message.toString(), true).join();
    return answer.orTimeout(PATIENCE.toSeconds(), TimeUnit.SECONDS).join().path("result");
  }

  private final class Listener implements WebSocket.Listener {
    private final StringBuilder received = new StringBuilder();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      received.append(data);
      if (last) {
        answer(received.toString());
        received.setLength(0);
      }
      from.request(1);
      return CompletableFuture.completedFuture(null);
    }

    private void answer(String message) {
      try {
        JsonNode read = json.readTree(message);
        CompletableFuture<JsonNode> waiting = answers.remove(read.path("id").asInt());
        if (waiting != null) {
          waiting.complete(read);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
