package io.llamamesh.client;

import com.fasterxml.jackson.databind.ObjectReader;
import io.llamamesh.client.ClientException.Kind;
import io.llamamesh.results.MatrixDocument;
import io.llamamesh.results.MeshReport;
import io.llamamesh.results.ResultsJson;
import java.io.IOException;
import java.net.URI;
import java.time.InstantSource;
import java.util.Map;

/** Reads scrapers' reports and matrices; see the package for what every call keeps to. */
public final class ScraperClient implements AutoCloseable {
  /** Path of the report below a scraper. */
  public static final String REPORT = "/api/v1/report";

  private static final ObjectReader REPORTS =
      ResultsJson.mapperOfOthers().readerFor(MeshReport.class);
  private static final ObjectReader MATRICES =
      ResultsJson.mapperOfOthers().readerFor(MatrixDocument.class);

  private final DocumentReader documents;

  /** A client for any number of scrapers. */
  public ScraperClient(ClientOptions options) {
    this.documents = new DocumentReader(options, InstantSource.system());
  }

  /**
   * The report of a scraper: {@code /api/v1/report}.
   *
   * @param server such as {@code http://127.0.0.1:8080}
   */
  public MeshReport report(URI server) throws ClientException, InterruptedException {
    return readReport(document(server, REPORT), server);
  }

  /**
   * Watches the report of a scraper: {@code /api/v1/report/watch}. A scraper without it answers 404
   * ({@link ClientException#status}); whether it leads is in the watch's header {@link
   * io.llamamesh.results.ReportHeaders#LEADER}.
   *
   * @param server such as {@code http://127.0.0.1:8080}
   */
  public DocumentWatch watchReport(URI server, WatchListener<MeshReport> listener) {
    return documents.watch(
        server,
        REPORT + "/watch",
        document -> readReport(document, server),
        listener,
        DocumentWatch.SILENCE);
  }

  /**
   * The matrix of a scraper: {@code /api/v1/matrix}.
   *
   * @param server such as {@code http://127.0.0.1:8080}
   */
  public MatrixDocument matrix(URI server, MatrixQuery query)
      throws ClientException, InterruptedException {
    return readMatrix(document(server, query.path()), server);
  }

  /**
   * A document as it came, for those who show or keep it; nothing of it is checked.
   *
   * @param server such as {@code http://127.0.0.1:8080}
   * @param path with its query, begins with a slash
   */
  public byte[] document(URI server, String path) throws ClientException, InterruptedException {
    return documents.get(server, path, Map.of()).body();
  }

  /**
   * The report in a document.
   *
   * @param server for the message
   */
  public static MeshReport readReport(byte[] document, URI server) throws ClientException {
    return read(REPORTS, MeshReport.class, document, server);
  }

  /**
   * The matrix in a document.
   *
   * @param server for the message
   */
  public static MatrixDocument readMatrix(byte[] document, URI server) throws ClientException {
    return read(MATRICES, MatrixDocument.class, document, server);
  }

  private static <T> T read(ObjectReader reader, Class<T> type, byte[] document, URI server)
      throws ClientException {
    try {
      Object read = reader.readValue(document);
      if (type.isInstance(read)) {
        return type.cast(read);
      }
      throw new IOException("empty");
    } catch (IOException e) {
      throw new ClientException(
          Kind.MALFORMED,
          200,
          server
              + " answers something else than a "
              + type.getSimpleName()
              + "; is that a llama-mesh scraper?",
          e);
    }
  }

  @Override
  public void close() {
    documents.close();
  }
}
