"""What leads from the routes of a namespace to the responder: made, kept, and taken away."""
