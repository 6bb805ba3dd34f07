package io.llamamesh.scraper.run;

import io.llamamesh.http.BearerToken;
import io.llamamesh.scraper.auth.NodeCredentials;
import io.llamamesh.scraper.auth.Tokens;
import io.llamamesh.scraper.pull.PointRights;
import io.llamamesh.scraper.pull.PostingAccess;
import org.jspecify.annotations.Nullable;

/**
 * Access where each node has a token of its own: by that, to that node's points. The mesh's token
 * posts only for nodes whose agents have none of their own yet.
 */
final class PostingCredentials implements PostingAccess {
  private final Tokens mesh;
  private final NodeCredentials nodes;

  PostingCredentials(Tokens mesh, NodeCredentials nodes) {
    this.mesh = mesh;
    this.nodes = nodes;
  }

  @Override
  public Decision decide(@Nullable String authorization) {
    String token = BearerToken.of(authorization);
    if (token == null) {
      return new Decision.Denied("a node's bearer token is required");
    }
    if (!nodes.isKnown()) {
      return new Decision.Later("the nodes' tokens are not known yet");
    }
    String node = nodes.poster(token);
    if (node != null) {
      return new Decision.Granted(PointRights.ofPoster(node));
    }
    return mesh.accepts(authorization)
        ? new Decision.Granted(PointRights.ofPoster("the mesh's token", nodes::usesMeshToken))
        : new Decision.Denied("a node's bearer token is required");
  }
}
