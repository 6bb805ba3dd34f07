package io.llamamesh.agent.netns;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/**
 * Client of an agent's replicated store on the machine of the thread that calls it; threads that a
 * namespace's thread starts live there, too.
 */
final class StoreClient {

  private static final int CONNECT_MILLIS = 2_000;
  private static final int READ_MILLIS = 15_000;
  private static final int UNCONNECTED = -1;

  private StoreClient() {}

  /**
   * Outcome of an operation.
   *
   * @param status of the answer; 0 where none came, and then it may be done or not; {@link
   *     #UNCONNECTED} where nobody listened
   */
  record Outcome(int status) {

    boolean isAcknowledged() {
      return status == 200;
    }

    /** True when it is certain that it was not done. */
    boolean isRefused() {
      return status == UNCONNECTED || status == 403 || status == 429 || status == 507;
    }
  }

  /** Asks for operations on a key, as the list of a request's {@code ops}. */
  static Outcome operate(String url, String key, String operations) {
    try {
      HttpURLConnection connection = open(url + "/v1/kv/" + key + "/ops");
      connection.setRequestMethod("POST");
      connection.setDoOutput(true);
      byte[] body = ("{\"ops\": [" + operations + "]}").getBytes(StandardCharsets.UTF_8);
      connection.setFixedLengthStreamingMode(body.length);
      connection.getOutputStream().write(body);
      int status = connection.getResponseCode();
      drain(connection, status);
      return new Outcome(status);
    } catch (ConnectException e) {
      return new Outcome(UNCONNECTED);
    } catch (IOException e) {
      return new Outcome(0);
    }
  }

  private static void drain(HttpURLConnection connection, int status) throws IOException {
    try (InputStream body =
        status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
      if (body != null) {
        var _ = body.transferTo(OutputStream.nullOutputStream());
      }
    } finally {
      connection.disconnect();
    }
  }

  /** Status of a read, once its body was read to the end. */
  static int read(String url, String path) {
    try {
      HttpURLConnection connection = open(url + path);
      int status = connection.getResponseCode();
      drain(connection, status);
      return status;
    } catch (IOException e) {
      return 0;
    }
  }

  private static HttpURLConnection open(String url) throws IOException {
    HttpURLConnection connection = (HttpURLConnection) URI.create(url).toURL().openConnection();
    connection.setConnectTimeout(CONNECT_MILLIS);
    connection.setReadTimeout(READ_MILLIS);
    connection.setRequestProperty("Authorization", "Bearer " + FabricAgents.token());
    // The same address is another machine in the next lab: nothing may be kept open.
    connection.setRequestProperty("Connection", "close");
    return connection;
  }
}
