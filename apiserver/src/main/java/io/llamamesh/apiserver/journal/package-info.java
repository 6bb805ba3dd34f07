/** The requests to the server, with their users; imports nothing of ours. */
@NullMarked
package io.llamamesh.apiserver.journal;

import org.jspecify.annotations.NullMarked;
