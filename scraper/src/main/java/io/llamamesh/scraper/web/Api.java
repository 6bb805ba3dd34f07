package io.llamamesh.scraper.web;

import io.llamamesh.results.SilencedNode;
import io.llamamesh.scraper.document.MatrixDocumentFactory;
import io.llamamesh.scraper.document.PairDocument;
import io.llamamesh.scraper.document.Slice;
import io.llamamesh.scraper.document.WindowsDocument;
import io.llamamesh.scraper.matrix.AgentHealth;
import io.llamamesh.scraper.matrix.Matrix;
import io.llamamesh.scraper.matrix.PairHistory;
import io.llamamesh.scraper.matrix.WindowSelection;
import io.llamamesh.scraper.web.QueryParameters.BadQueryException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Routes of the page and the API, independent of sockets. Thread-safe. */
public final class Api {
  private static final String PAIRS = "/api/v1/pairs/";
  private static final String REPORT_WATCH = "/api/v1/report/watch";
  private static final String METRICS = "/metrics";
  private static final int NOT_FOUND = 404;
  private static final int BAD_REQUEST = 400;
  private static final int UNAVAILABLE = 503;

  /**
   * Age of a report from which on the analysis counts as stuck: one is made every few seconds, in a
   * large mesh within a minute.
   */
  private static final Duration STUCK = Duration.ofMinutes(5);

  private static final long MAKING_PATIENCE_SECONDS = 10;

  private final Matrix matrix;
  private final MatrixDocumentFactory documents;
  private final ScraperStatus status;
  private final InstantSource clock;
  private final BurstRoutes bursts;
  private final Resources resources = new Resources();
  private final AnswerCache recent = new AnswerCache();
  // One at a time: documents of a large mesh take tens of MB while they are rendered.
  private final Semaphore rendering = new Semaphore(1, true);

  /**
   * The routes of a scraper.
   *
   * @param matrix matrix that is shown
   * @param documents factory of the matrix document
   * @param status state of the scraper
   * @param bursts bursts that readers start
   */
  public Api(
      Matrix matrix,
      MatrixDocumentFactory documents,
      ScraperStatus status,
      PageBursts bursts,
      InstantSource clock) {
    this.bursts = new BurstRoutes(bursts);
    this.matrix = matrix;
    this.documents = documents;
    this.status = status;
    this.clock = clock;
  }

  /** The routes of a scraper of which readers start no bursts. */
  public Api(
      Matrix matrix, MatrixDocumentFactory documents, ScraperStatus status, InstantSource clock) {
    this(matrix, documents, status, PageBursts.NONE, clock);
  }

  /** True if a path has data of the mesh, which requires a token if one is set. */
  static boolean isData(String rawPath) {
    return rawPath.equals(METRICS)
        || (rawPath.startsWith("/api/") && !rawPath.startsWith("/api/v1/openapi."));
  }

  /** The watch of a path; null where it is none. */
  @Nullable ReportFeed watch(String rawPath) {
    return rawPath.equals(REPORT_WATCH) ? new ReportFeed(status) : null;
  }

  /** True if this scraper is the mesh's leader. */
  boolean isLeader() {
    return status.isLeader();
  }

  /**
   * Answers a GET.
   *
   * @param rawPath the path, still encoded
   * @param known entity tag that the client has; null without one
   */
  Answer get(String rawPath, String rawQuery, @Nullable String known) {
    try {
      QueryParameters query = QueryParameters.parse(rawQuery);
      if (BurstRoutes.serves(rawPath)) {
        return bursts.get(rawPath);
      }
      if (rawPath.startsWith(PAIRS)) {
        return exclusively(() -> pair(rawPath.substring(PAIRS.length())));
      }
      return switch (rawPath) {
        case "/api/v1/matrix" -> matrix(query, rawQuery, known);
        case "/api/v1/report" -> Answer.json(status.report());
        case "/api/v1/windows" -> exclusively(this::windows);
        case "/api/v1/agents" -> Answer.json(status.agents());
        case "/api/v1/openapi.yaml" -> ApiDescription.yaml();
        case "/api/v1/openapi.json" -> ApiDescription.json();
        case "/healthz" -> health();
        case "/readyz" -> ready();
        case METRICS -> exclusively(this::metrics);
        default -> resources.get(rawPath);
      };
    } catch (BadQueryException e) {
      return Answer.error(BAD_REQUEST, String.valueOf(e.getMessage()));
    }
  }

  /** True if a path is of bursts, of which each scraper knows its own. */
  static boolean isBurst(String rawPath) {
    return BurstRoutes.serves(rawPath);
  }

  /** True if a POST to a path has an effect. */
  static boolean isAction(String rawPath) {
    return rawPath.equals(BurstRoutes.BURSTS);
  }

  /**
   * Answers a POST of a client that may make it.
   *
   * @param body at most {@value BurstRoutes#MAX_BODY} bytes
   * @param client its address
   */
  Answer post(byte[] body, String client) {
    return bursts.post(body, client);
  }

  /** Makes an answer while no other one is being made. */
  private Answer exclusively(Supplier<Answer> made) {
    try {
      if (!rendering.tryAcquire(MAKING_PATIENCE_SECONDS, TimeUnit.SECONDS)) {
        return Answer.error(UNAVAILABLE, "too many requests for long answers, try again");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Answer.error(UNAVAILABLE, "the scraper is stopping");
    }
    try {
      return made.get();
    } finally {
      rendering.release();
    }
  }

  /**
   * Liveness: a scraper whose analysis is stuck must be restarted, since its old verdict would be
   * believed.
   */
  private Answer health() {
    Duration age = Duration.between(status.report().time(), clock.instant());
    String reportAge = "newest report " + Math.max(0, age.toSeconds()) + " s old\n";
    return age.compareTo(STUCK) <= 0
        ? Answer.text(200, "ok, " + reportAge)
        : Answer.text(UNAVAILABLE, "the analysis is stuck, " + reportAge);
  }

  /**
   * The matrix document, tagged by its input, so that none is made for a client that has it
   * already.
   */
  private Answer matrix(QueryParameters query, String rawQuery, @Nullable String known) {
    WindowSelection selection = selection(query);
    Slice slice = slice(query);
    List<AgentHealth> agents = status.agents();
    Set<String> leaving = status.leaving();
    List<SilencedNode> silenced = status.silenced();
    String tag =
        "W/\"%x-%x-%x-%x\""
            .formatted(
                matrix.version(),
                agents.hashCode(),
                31 * leaving.hashCode() + silenced.hashCode(),
                rawQuery.hashCode());
    if (tag.equals(known)) {
      return Answer.notModified(tag);
    }
    return exclusively(() -> matrix(selection, slice, agents, leaving, silenced, rawQuery, tag));
  }

  private Answer matrix(
      WindowSelection selection,
      Slice slice,
      List<AgentHealth> agents,
      Set<String> leaving,
      List<SilencedNode> silenced,
      String rawQuery,
      String tag) {
    Answer made = recent.get(rawQuery, tag);
    if (made == null) {
      made =
          Answer.json(
              documents.document(
                  matrix.pooled(selection), slice, agents, leaving, silenced, clock.instant()),
              tag);
      recent.put(rawQuery, made);
    }
    return made;
  }

  private static WindowSelection selection(QueryParameters query) {
    try {
      return new WindowSelection(
          query.number("windows", WindowSelection.DEFAULT_WINDOWS, 1, WindowSelection.MAX_WINDOWS),
          query.time("since"),
          query.time("at"));
    } catch (IllegalArgumentException e) {
      throw new BadQueryException(String.valueOf(e.getMessage()));
    }
  }

  private static Slice slice(QueryParameters query) {
    return new Slice(
        query.text("port"),
        query.text("family"),
        query.text("sourceZone"),
        query.text("destinationZone"),
        query.oneOf("rollup", Slice.RollUp.NONE));
  }

  private Answer pair(String rest) {
    int slash = rest.indexOf('/');
    if (slash <= 0 || slash == rest.length() - 1 || rest.indexOf('/', slash + 1) >= 0) {
      return Answer.error(BAD_REQUEST, "write " + PAIRS + "{source}/{destination}");
    }
    String source = QueryParameters.decoded(rest.substring(0, slash));
    String destination = QueryParameters.decoded(rest.substring(slash + 1));
    List<PairHistory> histories = matrix.history(source, destination);
    if (histories.isEmpty()) {
      return Answer.error(
          NOT_FOUND,
          "nothing is known of " + source + ">" + destination + "; /api/v1/matrix lists all pairs");
    }
    return Answer.json(
        new PairDocument(
            documents.mesh(),
            source,
            destination,
            matrix.intervalSeconds(),
            histories.stream().map(PairDocument.Series::of).toList()));
  }

  private Answer windows() {
    return Answer.json(
        WindowsDocument.of(documents.mesh(), matrix.intervalSeconds(), matrix.windows()));
  }

  private Answer ready() {
    String reason = status.notReadyReason();
    return reason.isEmpty() ? Answer.text(200, "ready\n") : Answer.text(UNAVAILABLE, reason + "\n");
  }

  private Answer metrics() {
    Answer plain = Answer.text(200, status.metrics());
    return new Answer(200, "text/plain; version=0.0.4; charset=utf-8", plain.body(), 0);
  }
}
