Neighbour=match=None
