package io.llamamesh.operator.keys;

import org.jspecify.annotations.Nullable;

/**
 * What the API server says of a token that it knows, of the audience that was asked for.
 *
 * @param user as {@code system:serviceaccount:NAMESPACE:NAME}
 * @param pod the pod that it is bound to; absent: none
 * @param podUid that pod's uid
 * @param node the node that this pod was on when the token was made
 */
public record ReviewedToken(
    String user, @Nullable String pod, @Nullable String podUid, @Nullable String node) {}
