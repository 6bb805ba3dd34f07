package io.llamamesh.apiserver.http;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.llamamesh.apiserver.journal.RequestJournal;
import io.llamamesh.apiserver.json.Json;
import io.llamamesh.apiserver.objects.ObjectService;
import io.llamamesh.apiserver.problem.ApiProblem;
import io.llamamesh.apiserver.store.ObjectStore;
import io.llamamesh.apiserver.types.Catalog;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes HTTP requests to what answers them, each on a virtual thread of its own. */
public final class ApiHttpServer implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ApiHttpServer.class);

  private final Catalog catalog;
  private final ResourceEndpoint resources;
  private final Discovery discovery;
  private final OpenApi openApi;
  private final HttpServer server;
  private final ExecutorService threads;

  static {
    // The JDK's server reads these once, when its first instance is made. Without the first, small
    // answers wait for delayed acknowledgements; the second must outlast the clients' own idea of
    // how long a pooled connection lives (30 s to 90 s), or they write into one just closed.
    presetProperty("sun.net.httpserver.nodelay", "true");
    presetProperty("sun.net.httpserver.idleInterval", "300");
    presetProperty("sun.net.httpserver.maxIdleConnections", "10000");
  }

  /**
   * Starts listening.
   *
   * @throws IOException when the address cannot be bound
   */
  public ApiHttpServer(
      Catalog catalog, ObjectStore store, ObjectService objects, RequestJournal journal)
      throws IOException {
    this.catalog = catalog;
    this.resources = new ResourceEndpoint(store, objects, journal);
    this.discovery = new Discovery(catalog);
    this.openApi = new OpenApi(catalog);
    this.server =
        HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 1024);
    this.threads =
        Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("apiserver-", 0).factory());
    server.setExecutor(threads);
    server.createContext("/", this::serve);
    server.start();
  }

  /** The port of 127.0.0.1 that it listens on. */
  public int port() {
    return server.getAddress().getPort();
  }

  /** Stops listening and ends every request, watches too. */
  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      Call call = new Call(exchange);
      try {
        route(call);
      } catch (ApiProblem problem) {
        call.answer(problem.code(), problem.status());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (RuntimeException | LinkageError e) {
        LOG.error("request failed method={} uri={}", call.method(), exchange.getRequestURI(), e);
        ApiProblem problem = ApiProblem.internal("the stand-in failed: " + e);
        call.answer(problem.code(), problem.status());
      }
    }
  }

  private void route(Call call) throws IOException, InterruptedException {
    List<String> path = call.path();
    String first = path.isEmpty() ? "" : path.getFirst();
    switch (first) {
      case "api" -> {
        switch (path.size()) {
          case 1 -> call.answer(200, discovery.coreVersions());
          case 2 -> call.answer(200, discovery.resources("", path.get(1)));
          default -> resources.serve(call, ResourcePath.of(path, catalog));
        }
      }
      case "apis" -> {
        switch (path.size()) {
          case 1 -> call.answer(200, discovery.groups());
          case 2 -> throw ApiProblem.noSuchPath();
          case 3 -> call.answer(200, discovery.resources(path.get(1), path.get(2)));
          default -> resources.serve(call, ResourcePath.of(path, catalog));
        }
      }
      case "openapi" -> openApi(call, path);
      case "version" -> call.answer(200, version());
      default -> throw ApiProblem.noSuchPath();
    }
  }

  private void openApi(Call call, List<String> path) throws IOException {
    if (path.size() < 2 || !path.get(1).equals("v3")) {
      throw ApiProblem.noSuchPath();
    }
    switch (path.size()) {
      case 2 -> call.answer(200, openApi.index());
      case 4 -> call.answer(200, openApi.document("", path.get(3)));
      case 5 -> call.answer(200, openApi.document(path.get(3), path.get(4)));
      default -> throw ApiProblem.noSuchPath();
    }
  }

  private static ObjectNode version() {
    return Json.object()
        .put("major", "1")
        .put("minor", "33")
        .put("gitVersion", "v1.33.0+llama-mesh-stand-in")
        .put("platform", "java");
  }

  private static void presetProperty(String name, String value) {
    if (System.getProperty(name) == null) {
      System.setProperty(name, value);
    }
  }
}
