package io.llamamesh.local.store;

import io.questdb.ServerMain;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * QuestDB in this process: takes InfluxDB's v2 write API on a loopback port and answers SQL about
 * what it holds.
 *
 * <p>Its tables are made before anybody writes: only with {@code DEDUP UPSERT KEYS} does a point
 * that is written twice become one row.
 */
public final class EmbeddedStore implements AutoCloseable {
  private final ServerMain server;
  private final int port;

  private EmbeddedStore(ServerMain server) {
    this.server = server;
    this.port = server.getHttpServerPort();
  }

  /**
   * Starts the store.
   *
   * @param folder where it keeps its files; made where it is missing
   * @param port TCP port on 127.0.0.1; 0 takes a free one
   * @throws IOException where the folder cannot be written
   */
  public static EmbeddedStore start(Path folder, int port) throws IOException {
    Path conf = Files.createDirectories(folder.resolve("conf"));
    configuration(conf, "server.conf", Map.of("@PORT@", Integer.toString(port)));
    configuration(
        conf,
        "log.conf",
        Map.of("@LOG@", folder.resolve("questdb.log").toAbsolutePath().toString()));
    // QuestDB reads the place of its log configuration from nowhere else before it logs.
    System.setProperty("out", conf.resolve("log.conf").toString());
    ServerMain server = ServerMain.create(folder.toString(), Map.of());
    try {
      server.start(false);
      return new EmbeddedStore(server);
    } catch (RuntimeException e) {
      server.close();
      throw e;
    }
  }

  /** The URL of its write API and of its queries. */
  public String url() {
    return url(port);
  }

  /** The URL of a store on a port. */
  public static String url(int port) {
    return "http://127.0.0.1:" + port;
  }

  @Override
  public void close() {
    server.close();
  }

  private static void configuration(Path folder, String name, Map<String, String> values)
      throws IOException {
    try (InputStream in = EmbeddedStore.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the resource " + name + " is missing");
      }
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      for (var value : values.entrySet()) {
        text = text.replace(value.getKey(), value.getValue());
      }
      Files.writeString(folder.resolve(name), text);
    }
  }
}
